/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An array of objects that the daemon answers with: a table, or JSON with --json. */
#ifndef SMTPFENCE_CLI_ROWS_H
#define SMTPFENCE_CLI_ROWS_H

#include "cli/cli.h"
#include "cli/output.h"

/* Both return an enum cli_exit. */
int rows_print(const struct cli *cli, cJSON *rows, const struct output_column *columns,
	       size_t count);

/* What a GET of @target brings, as cli_get does it. */
int rows_show(const struct cli *cli, const char *target, kernel_fn fallback,
	      const struct output_column *columns, size_t count);

/*
 * The same for a list in pages, which are shown one by one: the columns get wider with what comes,
 * at most ROWS_COLUMNS_MAX of them.
 */
#define ROWS_COLUMNS_MAX 16
int rows_show_pages(const struct cli *cli, const char *target, kernel_pages_fn fallback,
		    const struct output_column *columns, size_t count);

#endif
