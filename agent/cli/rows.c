/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/rows.h"

int rows_print(const struct cli *cli, cJSON *rows, const struct output_column *columns,
	       size_t count)
{
	if (cli->option[OPTION_JSON])
		return output_json(rows);
	return output_table(rows, columns, count, OUTPUT_HEADING);
}

int rows_show(const struct cli *cli, const char *target, kernel_fn fallback,
	      const struct output_column *columns, size_t count)
{
	_cleanup_(cJSON_Deletep) cJSON *rows = NULL;
	struct error error = {};
	int r = cli_get(cli, target, fallback, &rows, &error);

	return r < 0 ? cli_fail(r, &error) : rows_print(cli, rows, columns, count);
}
