/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/arguments.h"
#include "cli/client.h"
#include "cli/rows.h"

static const struct output_column columns[] = {
	PLAIN("RANGE", "range"),	 PLAIN("SHARED", "shared"),
	PLAIN("BLOCKED", "blocked_now"), PLAIN("IN 30 DAYS", "blocked_30d"),
	PLAIN("SPAMS", "spams"),	 PLAIN("SOURCES", "sources"),
	PLAIN("PORTS", "ports"),	 PLAIN("PACKETS", "packets"),
	PLAIN("ATTEMPTS", "attempts"),
};

int cmd_risk(const struct cli *cli)
{
	const struct client_parameter parameters[] = {{"top", cli->option[OPTION_TOP]}};
	_cleanup_free_ char *target = NULL;
	struct error error = {};
	size_t top;

	if (arguments_top(cli, &top, &error) < 0)
		return cli_usage_error(cli, "%s", error.text);
	target = client_query("/v1/risk", parameters, ARRAY_SIZE(parameters));
	return rows_show(cli, target, NULL, columns, ARRAY_SIZE(columns));
}
