/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/arguments.h"
#include "cli/client.h"
#include "cli/kernel.h"
#include "cli/rows.h"

static const struct output_column columns[] = {
	PLAIN("INTERFACE", "interface"),
	PLAIN("SOURCE", "source"),
	PLAIN("PACKETS", "packets"),
	PLAIN("BYTES", "bytes"),
	PLAIN("ATTEMPTS", "attempts"),
	PLAIN("DROPPED", "dropped_packets"),
	PLAIN("DROPPED BYTES", "dropped_bytes"),
	PLAIN("DESTINATIONS", "destinations"),
	PLAIN("FIRST SEEN", "first_seen"),
	PLAIN("LAST SEEN", "last_seen"),
};

int cmd_counters(const struct cli *cli)
{
	const struct client_parameter parameters[] = {{"sort", cli->option[OPTION_SORT]},
						      {"top", cli->option[OPTION_TOP]}};
	_cleanup_free_ char *target = NULL;
	struct arguments_counters arguments;
	struct error error = {};
	int r = arguments_counters(cli, &arguments, &error);

	if (r < 0)
		return cli_usage_error(cli, "%s", error.text);
	target = client_query("/v1/counters", parameters, ARRAY_SIZE(parameters));
	return rows_show(cli, target, kernel_counters, columns, ARRAY_SIZE(columns));
}
