/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cli.h"
#include "cli/output.h"

static const struct output_column columns[] = {
	PLAIN("NAME", "name"),	PLAIN("STATE", "state"),     PLAIN("SERIAL", "serial"),
	DURATION("AGE", "age"), PLAIN("RECORDS", "records"), PLAIN("ERROR", "error"),
};

int cmd_feeds(const struct cli *cli)
{
	_cleanup_(cJSON_Deletep) cJSON *rows = NULL;
	struct error error = {};
	int r = cli_get(cli, "/v1/feeds", NULL, &rows, &error);

	if (r < 0)
		return cli_fail(r, &error);
	if (cli->option[OPTION_JSON])
		return output_json(rows);
	return output_table(rows, columns, ARRAY_SIZE(columns), OUTPUT_HEADING);
}
