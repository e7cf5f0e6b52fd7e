/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/rows.h"

#include <string.h>

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

struct pages {
	const struct cli *cli;
	struct output_column columns[ROWS_COLUMNS_MAX];
	size_t count;
	bool begun;
	int status; /* an enum cli_exit */
};

static int print_page(struct pages *pages, cJSON *rows, bool last)
{
	bool first = !pages->begun;

	pages->begun = true;
	if (first && last)
		return rows_print(pages->cli, rows, pages->columns, pages->count);
	if (pages->cli->option[OPTION_JSON])
		return output_json_part(rows, first, last);
	if (output_fit(rows, pages->columns, pages->count) != CLI_OK)
		return CLI_DEGRADED;
	return output_table(rows, pages->columns, pages->count,
			    first ? OUTPUT_HEADING : OUTPUT_NO_HEADING);
}

static int take_page(cJSON *rows, bool last, void *userdata)
{
	struct pages *pages = userdata;

	pages->status = print_page(pages, rows, last);
	return pages->status != CLI_OK;
}

/* From the daemon, one after the other. */
static int take_pages(struct pages *pages, const char *target, struct error *error)
{
	_cleanup_free_ char *next = NULL;

	do {
		_cleanup_(cJSON_Deletep) cJSON *rows = NULL;
		_cleanup_free_ char *this = STEAL(next);
		int r = cli_get_page(pages->cli, this ? this : target, &rows, &next, error);

		if (r < 0)
			return r;
		take_page(rows, !next, pages);
	} while (pages->status == CLI_OK && next);
	return 0;
}

int rows_show_pages(const struct cli *cli, const char *target, kernel_pages_fn fallback,
		    const struct output_column *columns, size_t count)
{
	struct pages pages = {.cli = cli, .count = count, .status = CLI_OK};
	struct error error = {};
	int r;

	memcpy(pages.columns, columns, count * sizeof(*columns));
	r = take_pages(&pages, target, &error);
	/* Once a page has come from the daemon, the kernel's entries do not go on from it. */
	if (r < 0 && !pages.begun)
		r = cli_get_kernel_pages(cli, r, fallback, take_page, &pages, &error);
	return r < 0 ? cli_fail(r, &error) : pages.status;
}
