/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/arguments.h"
#include "cli/client.h"
#include "cli/kernel.h"
#include "cli/rows.h"

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

/* Few requests, and no page that is large in memory. */
#define PAGE_LIMIT "5000"

int cmd_list(const struct cli *cli)
{
	const struct client_parameter parameters[] = {{"state", cli->option[OPTION_STATE]},
						      {"in", cli->option[OPTION_IN]},
						      {"limit", PAGE_LIMIT}};
	_cleanup_free_ char *target = NULL;
	struct arguments_list arguments;
	struct error error = {};
	int r = arguments_list(cli, &arguments, &error);

	if (r < 0)
		return cli_usage_error(cli, "%s", error.text);
	target = client_query("/v1/blocks", parameters, ARRAY_SIZE(parameters));
	return rows_show_pages(cli, target, kernel_list, columns, ARRAY_SIZE(columns));
}
