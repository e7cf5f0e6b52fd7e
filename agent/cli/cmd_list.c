/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/arguments.h"
#include "cli/client.h"
#include "cli/kernel.h"
#include "cli/output.h"

static const struct output_column columns[] = {
	PLAIN("PREFIX", "prefix"),
	PLAIN("ACTION", "action"),
	PLAIN("STATE", "state"),
	PLAIN("SCORE", "score"),
	PLAIN("DATE", "date"),
	DURATION("TIME", "time"),
	DURATION("REMAINING", "remaining"),
	PLAIN("OFFENCES", "offences"),
	PLAIN("HITS", "hit_packets"),
	PLAIN("SOURCES", "sources"),
	PLAIN("REASON", "reason"),
};

int cmd_list(const struct cli *cli)
{
	const struct client_parameter parameters[] = {{"state", cli->option[OPTION_STATE]},
						      {"in", cli->option[OPTION_IN]}};
	_cleanup_free_ char *target = NULL;
	_cleanup_(cJSON_Deletep) cJSON *rows = NULL;
	struct arguments_list arguments;
	struct error error = {};
	int r = arguments_list(cli, &arguments, &error);

	if (r < 0)
		return cli_usage_error(cli, "%s", error.text);
	target = client_query("/v1/blocks", parameters, ARRAY_SIZE(parameters));
	r = cli_get(cli, target, kernel_list, &rows, &error);
	if (r < 0)
		return cli_fail(r, &error);
	if (cli->option[OPTION_JSON])
		return output_json(rows);
	return output_table(rows, columns, ARRAY_SIZE(columns), OUTPUT_HEADING);
}
