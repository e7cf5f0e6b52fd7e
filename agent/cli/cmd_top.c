/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/arguments.h"
#include "cli/client.h"
#include "cli/kernel.h"
#include "cli/output.h"
#include "cli/terminal.h"

#define RATE(heading, name)                                                                        \
	{                                                                                          \
		.title = (heading), .field = (name), .kind = OUTPUT_RATE                           \
	}

/* For a terminal of 80 columns. */
static const struct output_column columns[] = {
	PLAIN("INTERFACE", "interface"),      PLAIN("SOURCE", "source"),
	RATE("PKT/S", "packets_per_second"),  RATE("BYTE/S", "bytes_per_second"),
	RATE("SYN/S", "attempts_per_second"), RATE("DROP/S", "dropped_per_second"),
	PLAIN("ATTEMPTS", "attempts"),	      PLAIN("DROPPED", "dropped_packets"),
	PLAIN("DESTS", "destinations"),
};

#define LINES_BESIDE_ROWS 3 /* time, headings, and the cursor's own */

struct view {
	const struct cli *cli;
	struct arguments_live arguments;
	struct terminal terminal;
	uint64_t look; /* the number of the last look; 0: none yet */
	size_t tables; /* printed */
};

/* 0: all. */
static size_t rows_wanted(const struct view *view)
{
	size_t lines = terminal_lines(&view->terminal);

	if (view->cli->option[OPTION_TOP] || lines <= LINES_BESIDE_ROWS)
		return view->arguments.counters.top;
	return lines - LINES_BESIDE_ROWS;
}

/* The kernel's own rows, while the daemon is down, are not cut to the screen. */
static void cut(cJSON *rows, size_t count)
{
	cJSON *row = count ? cJSON_GetArrayItem(rows, (int)count) : NULL;

	while (row) {
		cJSON *next = row->next;

		cJSON_Delete(cJSON_DetachItemViaPointer(rows, row));
		row = next;
	}
}

static int print_table(struct view *view, cJSON *rows)
{
	char time[TIME_TEXT_MAX];
	int status;

	view->tables++;
	if (view->cli->option[OPTION_JSON])
		return output_json_line(rows);
	terminal_clear(&view->terminal);
	printf("%s%s\n", time_format(clock_wall(), time), view->terminal.keys ? "  q: quit" : "");
	status = output_table(rows, columns, ARRAY_SIZE(columns), OUTPUT_HEADING);
	return fflush(stdout) == 0 ? status : CLI_DEGRADED;
}

/* A program has no use for a table without rates; a person wants to see something at once. */
static bool is_shown(const struct view *view, const cJSON *answer)
{
	return cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(answer, "seconds")) ||
	       (view->terminal.live && !view->cli->option[OPTION_JSON]);
}

static char *make_target(const struct view *view)
{
	char since[32], top[32];
	const struct client_parameter parameters[] = {{"since", view->look ? since : NULL},
						      {"sort", view->cli->option[OPTION_SORT]},
						      {"top", top}};

	snprintf(since, sizeof(since), "%" PRIu64, view->look);
	snprintf(top, sizeof(top), "%zu", rows_wanted(view));
	return client_query("/v1/rates", parameters, ARRAY_SIZE(parameters));
}

static int look(struct view *view)
{
	_cleanup_free_ char *target = make_target(view);
	_cleanup_(cJSON_Deletep) cJSON *answer = NULL;
	const cJSON *number;
	struct error error = {};
	cJSON *rows;
	int r = cli_get(view->cli, target, kernel_rates, &answer, &error);

	if (r < 0)
		return cli_fail(r, &error);
	number = cJSON_GetObjectItemCaseSensitive(answer, "look");
	view->look = cJSON_IsNumber(number) ? (uint64_t)number->valuedouble : 0;
	if (!is_shown(view, answer))
		return CLI_OK;
	rows = cJSON_GetObjectItemCaseSensitive(answer, "sources");
	cut(rows, rows_wanted(view));
	return print_table(view, rows);
}

static bool goes_on(const struct view *view)
{
	size_t repeat = view->arguments.repeat;

	if (repeat == 0 && !view->terminal.live)
		repeat = 1;
	return (repeat == 0 || view->tables < repeat) &&
	       terminal_pause(&view->terminal, view->arguments.interval);
}

int cmd_top(const struct cli *cli)
{
	struct view view = {.cli = cli};
	struct error error = {};
	int status;

	if (arguments_live(cli, &view.arguments, &error) < 0)
		return cli_usage_error(cli, "%s", error.text);
	terminal_open(&view.terminal);
	do
		status = look(&view);
	while (status == CLI_OK && goes_on(&view));
	terminal_close(&view.terminal);
	return status;
}
