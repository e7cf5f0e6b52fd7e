/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/lifecycle/figures.h"

#include <stdio.h>
#include <stdlib.h>

#define FIGURES_MAX	32
#define FIGURE_NAME_MAX 64

struct row {
	char name[FIGURE_NAME_MAX];
	const char *unit;
	double value, limit;
	bool missed;
};

static struct row rows[FIGURES_MAX];
static size_t row_count;

bool samples_new(struct samples *samples)
{
	*samples = (struct samples){.ns = calloc(SAMPLES_MAX, sizeof(*samples->ns))};
	return samples->ns != NULL;
}

void samples_clear(struct samples *samples)
{
	free(samples->ns);
}

void samples_add(struct samples *samples, uint64_t ns)
{
	if (samples->count < SAMPLES_MAX)
		samples->ns[samples->count++] = ns;
}

static int by_size(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

double samples_ms(struct samples *samples, double share)
{
	size_t last = samples->count ? samples->count - 1 : 0;

	if (samples->count == 0)
		return 0;
	qsort(samples->ns, samples->count, sizeof(*samples->ns), by_size);
	return (double)samples->ns[(size_t)((double)last * share + 0.5)] / 1e6;
}

static struct row *add(const char *name, const char *unit)
{
	struct row *row = &rows[row_count < FIGURES_MAX - 1 ? row_count++ : row_count];

	snprintf(row->name, sizeof(row->name), "%s", name);
	row->unit = unit;
	return row;
}

void figure(const char *name, double value, const char *unit, double limit)
{
	struct row *row = add(name, unit);

	row->value = value;
	row->limit = limit;
	row->missed = limit > 0 && value > limit;
}

void figure_quantiles(const char *name, struct samples *samples, double limit)
{
	char text[FIGURE_NAME_MAX];

	snprintf(text, sizeof(text), "%s, p50", name);
	figure(text, samples_ms(samples, 0.5), "ms", 0);
	snprintf(text, sizeof(text), "%s, p99", name);
	figure(text, samples_ms(samples, 0.99), "ms", limit);
}

void figure_holds(const char *name, bool holds)
{
	add(name, NULL)->missed = !holds;
}

static const char *verdict(const struct row *row)
{
	if (row->missed)
		return " MISSED";
	return row->limit > 0 || !row->unit ? " ok" : "";
}

static void print_row(const struct row *row)
{
	char measured[32], limit[32] = "-";

	if (!row->unit) {
		snprintf(measured, sizeof(measured), "%s", row->missed ? "no" : "yes");
		snprintf(limit, sizeof(limit), "yes");
	} else {
		snprintf(measured, sizeof(measured), "%.2f %s", row->value, row->unit);
	}
	if (row->limit > 0)
		snprintf(limit, sizeof(limit), "%.0f %s", row->limit, row->unit);
	printf("%-50s %12s %8s%s\n", row->name, measured, limit, verdict(row));
}

bool figures_print(void)
{
	bool missed = false;

	printf("%-50s %12s %8s\n", "figure", "measured", "limit");
	for (size_t i = 0; i < row_count; i++) {
		print_row(&rows[i]);
		missed |= rows[i].missed;
	}
	for (size_t i = 0; i < row_count; i++)
		if (rows[i].missed)
			printf("missed: %s\n", rows[i].name);
	fflush(stdout);
	return !missed;
}
