/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/output.h"

/* Where the daemon may stand, seen from the folder of this program. */
static const char *const daemons[] = {"../sbin/smtpfenced", "smtpfenced"};

/* The folder of this program with its "/" at the end; false: not known. */
static bool own_folder(char ret[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", ret, PATH_MAX - 1);
	char *slash;

	if (length < 0)
		return false;
	ret[length] = '\0';
	slash = strrchr(ret, '/');
	if (slash)
		slash[1] = '\0';
	return slash;
}

/* What belongs together was installed together; PATH may name another version. */
static char *find_daemon(void)
{
	char folder[PATH_MAX];
	bool known = own_folder(folder);

	for (size_t i = 0; known && i < ARRAY_SIZE(daemons); i++) {
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s%s", folder, daemons[i]) < 0)
			return NULL;
		if (access(path, X_OK) == 0)
			return STEAL(path);
	}
	return strdup("smtpfenced");
}

/* Returns only on an error. */
static int run_daemon(const struct cli *cli, struct error *error)
{
	_cleanup_free_ char *daemon = find_daemon();

	if (!daemon)
		return error_set(error, -ENOMEM, "out of memory");
	fputs("smtpfenced is not running; unloading without it\n", stderr);
	execlp(daemon, daemon, "--unload", "--bpffs", cli->option[OPTION_BPFFS], (char *)NULL);
	return error_set(error, -errno, "%s: %s; unload with: smtpfenced --unload --bpffs %s",
			 daemon, strerror(errno), cli->option[OPTION_BPFFS]);
}

int cmd_unload(const struct cli *cli)
{
	_cleanup_(cJSON_Deletep) cJSON *body = cJSON_CreateObject();
	_cleanup_(cJSON_Deletep) cJSON *answer = NULL;
	struct error error = {};
	int r = cli_send(cli, "POST", "/v1/unload", body, &answer, &error);

	if (r == -ENOTCONN)
		r = run_daemon(cli, &error);
	if (r < 0)
		return cli_fail(r, &error);
	if (cli->option[OPTION_JSON])
		return output_json(answer);
	puts("enforcement is out of the kernel: nobody is blocked any more");
	return CLI_OK;
}
