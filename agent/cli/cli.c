/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/prefix.h"
#include "base/text.h"
#include "cli/client.h"

static int exit_code(int code)
{
	switch (code) {
	case -EINVAL:
		return CLI_USAGE;
	case -EACCES:
	case -EPERM:
		return CLI_NOT_PERMITTED;
	case -ENOENT:
	case -EBUSY:
		return CLI_NO;
	default:
		return CLI_DEGRADED;
	}
}

int cli_fail(int code, const struct error *error)
{
	fprintf(stderr, "smtpfence: %s\n", error->text);
	return exit_code(code);
}

int cli_usage_error(const struct cli *cli, const char *format, ...)
{
	struct error error;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error.text, sizeof(error.text), format, arguments);
	va_end(arguments);
	text_make_printable(error.text);
	if (cli->command)
		fprintf(stderr, "smtpfence %s: %s (see: smtpfence %s --help)\n", cli->command->name,
			error.text, cli->command->name);
	else
		fprintf(stderr, "smtpfence: %s (see: smtpfence --help)\n", error.text);
	return CLI_USAGE;
}

int cli_parse_prefix(const char *text, struct smtpfence_prefix *ret, struct error *error)
{
	int r = prefix_parse(text, ret);

	if (r < 0)
		return error_set(error, -EINVAL, "\"%s\" %s", text, prefix_parse_problem(r));
	return 0;
}

static void announce_kernel(void)
{
	fputs("smtpfenced is not running; showing what the kernel has\n", stderr);
}

/* Nothing is loaded: that is no answer, rather than the answer "no such thing". */
static int kernel_result(int r)
{
	return r == -ENOENT ? -ENOTCONN : r;
}

int cli_get(const struct cli *cli, const char *target, kernel_fn fallback, cJSON **ret,
	    struct error *error)
{
	int r = cli_send(cli, "GET", target, NULL, ret, error);

	if (r != -ENOTCONN || !fallback)
		return r;
	announce_kernel();
	return kernel_result(fallback(cli, ret, error));
}

int cli_get_source(const struct cli *cli, const char *path, cJSON **ret)
{
	_cleanup_free_ char *target = NULL;
	struct smtpfence_prefix prefix;
	char text[PREFIX_TEXT_MAX];
	struct error error = {};
	int r;

	if (cli_parse_prefix(cli->words[0], &prefix, &error) < 0)
		return cli_usage_error(cli, "%s", error.text);
	target = client_target(path, prefix_format(&prefix, text), "");
	r = cli_get(cli, target, NULL, ret, &error);
	return r < 0 ? cli_fail(r, &error) : CLI_OK;
}

int cli_get_page(const struct cli *cli, const char *target, cJSON **ret, char **ret_next,
		 struct error *error)
{
	if (!target)
		return error_set(error, -ENOMEM, "out of memory");
	return client_page(cli->option[OPTION_SOCKET], target, ret, ret_next, error);
}

int cli_get_kernel_pages(const struct cli *cli, int r, kernel_pages_fn fallback, page_fn fn,
			 void *userdata, struct error *error)
{
	if (r != -ENOTCONN)
		return r;
	announce_kernel();
	return kernel_result(fallback(cli, fn, userdata, error));
}

int cli_send(const struct cli *cli, const char *method, const char *target, const cJSON *body,
	     cJSON **ret, struct error *error)
{
	if (!target)
		return error_set(error, -ENOMEM, "out of memory");
	return client_request(cli->option[OPTION_SOCKET], method, target, body, ret, error);
}
