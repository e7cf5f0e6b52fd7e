/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/rows.h"

static const struct output_column columns[] = {
	PLAIN("NAME", "name"), PLAIN("IFINDEX", "ifindex"), PLAIN("ROLE", "role"),
	PLAIN("HOOK", "hook"), PLAIN("COVERED", "covered"), PLAIN("REASON", "reason"),
};

/* A guest whose port is not covered may send spam: that is not ok. */
static bool all_covered(const cJSON *rows)
{
	const cJSON *row;

	cJSON_ArrayForEach (row, rows) {
		if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(row, "covered")))
			return false;
	}
	return true;
}

int cmd_interfaces(const struct cli *cli)
{
	_cleanup_(cJSON_Deletep) cJSON *rows = NULL;
	struct error error = {};
	int r = cli_get(cli, "/v1/interfaces", NULL, &rows, &error);

	if (r < 0)
		return cli_fail(r, &error);
	r = rows_print(cli, rows, columns, ARRAY_SIZE(columns));
	return r == CLI_OK && !all_covered(rows) ? CLI_DEGRADED : r;
}
