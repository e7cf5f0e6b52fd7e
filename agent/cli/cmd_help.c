/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cli.h"

int cmd_help(const struct cli *cli)
{
	const struct command *command;
	struct error error = {};

	if (cli->word_count == 0) {
		commands_usage();
		return CLI_OK;
	}
	if (command_find(cli->words[0], &command, &error) < 0)
		return cli_usage_error(cli, "%s", error.text);
	command_usage(command);
	return CLI_OK;
}
