/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include <stdio.h>

/* Costs or rates, as the unit wants them. */
static double value_of(const struct cost *cost, enum unit unit)
{
	switch (unit) {
	case NS_A_FRAME:
		return cost->cpu;
	case FRAMES_A_CPU_SECOND:
		return 1e9 / cost->cpu;
	case FRAMES_A_SECOND:
		return 1e9 / cost->wall;
	case GBIT_A_CPU_SECOND:
		return 8 / cost->cpu;
	case GBIT_A_SECOND:
	default:
		return 8 / cost->wall;
	}
}

static struct series series_of(const struct contender *contender, enum unit unit)
{
	struct series series = {.rounds = contender->cpu.rounds};
	struct cost cost;
	size_t i;

	for (i = 0; i < series.rounds; i++) {
		cost = (struct cost){contender->wall.values[i], contender->cpu.values[i]};
		series.values[i] = value_of(&cost, unit);
	}
	return series;
}

static const char *name_of(enum unit unit)
{
	static const char *const names[] = {
		[NS_A_FRAME] = "ns",
		[FRAMES_A_CPU_SECOND] = "frames/CPU s",
		[FRAMES_A_SECOND] = "frames/s",
		[GBIT_A_CPU_SECOND] = "Gbit/CPU s",
		[GBIT_A_SECOND] = "Gbit/s",
	};

	return names[unit];
}

static bool holds(const struct row *row, double ratio, const struct quartiles *rounds)
{
	switch (row->bound) {
	case AT_MOST:
		return ratio <= row->limit;
	case AT_LEAST:
		return ratio >= row->limit;
	case NOT_BELOW:
		return rounds->upper >= row->limit;
	default:
		return true;
	}
}

void print_heading(void)
{
	printf("%-40s %-22s %10s %-12s  %-20s %6s  %-11s  %s\n", "load", "with", "median", "", "to",
	       "ratio", "quartiles", "limit");
}

bool print_row(const struct row *row)
{
	struct series of = series_of(row->of, row->unit), to = series_of(row->to, row->unit);
	double median = quartiles(&of).median;
	double ratio = median / quartiles(&to).median;
	struct quartiles rounds = ratios(&of, &to);
	bool ok = holds(row, ratio, &rounds);

	printf("%-40s %-22s %10.*f %-12s  %-20s %6.2f  %.2f-%-6.2f", row->load, row->of->name,
	       median < 1000 ? 1 : 0, median, name_of(row->unit), row->to->name, ratio,
	       rounds.lower, rounds.upper);
	if (row->bound != UNBOUNDED)
		printf("  %s %.2f %s", row->bound == AT_MOST ? "<=" : ">=", row->limit,
		       ok ? "ok" : "MISSED");
	putchar('\n');
	fflush(stdout);
	return ok;
}
