/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/arguments.h"
#include "cli/kernel.h"
#include "cli/output.h"
#include "cli/rates.h"
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
	cJSON *before;	 /* the last look, owned; NULL: none yet */
	uint64_t looked; /* when that was, CLOCK_BOOTTIME, ns */
	size_t tables;	 /* printed */
};

static size_t rows_wanted(const struct view *view)
{
	size_t lines = terminal_lines(&view->terminal);

	if (view->cli->option[OPTION_TOP] || lines <= LINES_BESIDE_ROWS)
		return view->arguments.counters.top;
	return lines - LINES_BESIDE_ROWS;
}

/* Takes @rows over. */
static int print_table(struct view *view, cJSON *rows)
{
	_cleanup_(cJSON_Deletep) cJSON *owned = rows;
	char time[TIME_TEXT_MAX];
	int status;

	if (rates_sort(owned, view->arguments.counters.sort, rows_wanted(view)) < 0)
		return CLI_DEGRADED;
	view->tables++;
	if (view->cli->option[OPTION_JSON])
		return output_json_line(owned);
	terminal_clear(&view->terminal);
	printf("%s%s\n", time_format(clock_wall(), time), view->terminal.keys ? "  q: quit" : "");
	status = output_table(owned, columns, ARRAY_SIZE(columns), OUTPUT_HEADING);
	return fflush(stdout) == 0 ? status : CLI_DEGRADED;
}

/* A program has no use for a table without rates; a person wants to see something at once. */
static bool is_shown(const struct view *view)
{
	return view->before || (view->terminal.live && !view->cli->option[OPTION_JSON]);
}

static int look(struct view *view)
{
	_cleanup_(cJSON_Deletep) cJSON *rows = NULL;
	_cleanup_(cJSON_Deletep) cJSON *shown = NULL;
	uint64_t now;
	struct error error = {};
	int r = cli_get(view->cli, "/v1/counters", kernel_counters, &rows, &error);

	if (r < 0)
		return cli_fail(r, &error);
	now = clock_boot_ns();
	if (is_shown(view)) {
		shown = cJSON_Duplicate(rows, true);
		if (!shown || rates_add(shown, view->before,
					(double)(now - view->looked) / (double)NSEC_PER_SEC) < 0)
			return cli_fail(-ENOMEM, &(struct error){"out of memory"});
	}
	cJSON_Delete(view->before);
	view->before = STEAL(rows);
	view->looked = now;
	return shown ? print_table(view, STEAL(shown)) : CLI_OK;
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
	cJSON_Delete(view.before);
	return status;
}
