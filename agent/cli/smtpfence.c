/* SPDX-License-Identifier: GPL-2.0-or-later */
/* smtpfence: the administrator's tool. Finds the command and runs it. */
#include <locale.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/options.h"

static int run(const struct cli *cli)
{
	if (cli->option[OPTION_HELP] && cli->command) {
		command_usage(cli->command);
		return CLI_OK;
	}
	if (cli->option[OPTION_HELP]) {
		commands_usage();
		return CLI_OK;
	}
	if (cli->option[OPTION_VERSION]) {
		puts("smtpfence " SMTPFENCE_VERSION);
		return CLI_OK;
	}
	if (!cli->command)
		return cli_usage_error(cli, "no command given");
	return cli->command->run(cli);
}

/* A full disk behind standard output must not look like success. */
static int close_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	perror("smtpfence: standard output");
	return CLI_DEGRADED;
}

int main(int argc, char **argv)
{
	struct error error = {};
	struct cli cli;

	setlocale(LC_ALL, "");
	if (options_parse(argc, argv, &cli, &error) < 0)
		return cli_usage_error(&cli, "%s", error.text);
	return close_output(run(&cli));
}
