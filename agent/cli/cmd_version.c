/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/output.h"

/* Takes @daemon over. */
static void print_json(cJSON *daemon)
{
	_cleanup_(cJSON_Deletep) cJSON *answer = cJSON_CreateObject();

	cJSON_AddStringToObject(answer, "version", SMTPFENCE_VERSION);
	cJSON_AddItemToObject(answer, "daemon", daemon ? daemon : cJSON_CreateNull());
	output_json(answer);
}

static void print_text(const struct cli *cli, const cJSON *daemon)
{
	_cleanup_free_ char *version = output_field(daemon, "version", OUTPUT_PLAIN);

	puts("smtpfence " SMTPFENCE_VERSION);
	if (daemon && version)
		printf("smtpfenced %s\n", version);
	else
		printf("smtpfenced is not running at %s\n", cli->option[OPTION_SOCKET]);
}

/* The tool has a version also where the daemon has none. */
int cmd_version(const struct cli *cli)
{
	_cleanup_(cJSON_Deletep) cJSON *daemon = NULL;
	struct error error = {};
	int r = cli_get(cli, "/v1/version", NULL, &daemon, &error);

	if (r < 0 && r != -ENOTCONN)
		return cli_fail(r, &error);
	if (cli->option[OPTION_JSON])
		print_json(STEAL(daemon));
	else
		print_text(cli, daemon);
	return r < 0 ? CLI_DEGRADED : CLI_OK;
}
