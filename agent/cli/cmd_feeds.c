/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/rows.h"

static const struct output_column columns[] = {
	PLAIN("NAME", "name"),	PLAIN("STATE", "state"),     PLAIN("SERIAL", "serial"),
	DURATION("AGE", "age"), PLAIN("RECORDS", "records"), PLAIN("NEXT READING", "next_reading"),
	PLAIN("URL", "url"),	PLAIN("ERROR", "error"),
};

int cmd_feeds(const struct cli *cli)
{
	return rows_show(cli, "/v1/feeds", NULL, columns, ARRAY_SIZE(columns));
}
