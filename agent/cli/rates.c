/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/rates.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

static const struct rate {
	const char *name, *counter;
} rates[] = {
	{"packets_per_second", "packets"},
	{"bytes_per_second", "bytes"},
	{"attempts_per_second", "attempts"},
	{"dropped_per_second", "dropped_packets"},
};

/* By what the rows are sorted first, and among equals. */
static const struct rate orders[] = {
	[COUNTERS_SORT_PACKETS] = {"packets_per_second", "packets"},
	[COUNTERS_SORT_BYTES] = {"bytes_per_second", "bytes"},
	[COUNTERS_SORT_ATTEMPTS] = {"attempts_per_second", "attempts"},
	[COUNTERS_SORT_DROPPED] = {"dropped_per_second", "dropped_packets"},
	[COUNTERS_SORT_DESTINATIONS] = {"destinations", "packets_per_second"},
};

static double number(const cJSON *row, const char *field)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(row, field);

	return cJSON_IsNumber(value) ? value->valuedouble : 0;
}

static const char *text(const cJSON *row, const char *field)
{
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, field));

	return value ? value : "";
}

/* Both are pointers to rows. */
static int by_source(const void *a, const void *b)
{
	const cJSON *one = *(cJSON *const *)a, *other = *(cJSON *const *)b;
	int order = strcmp(text(one, "source"), text(other, "source"));

	return order ? order : strcmp(text(one, "interface"), text(other, "interface"));
}

/* The rows as an array; NULL: out of memory. */
static cJSON **index_rows(const cJSON *rows, size_t *ret_count)
{
	size_t count = 0, size = (size_t)cJSON_GetArraySize(rows);
	cJSON **items = calloc(size + 1, sizeof(cJSON *));
	cJSON *row;

	if (!items)
		return NULL;
	cJSON_ArrayForEach (row, rows) {
		items[count++] = row;
	}
	*ret_count = count;
	return items;
}

static bool add_rate(cJSON *row, const cJSON *earlier, const struct rate *rate, double seconds)
{
	double now = number(row, rate->counter);
	double then = earlier ? number(earlier, rate->counter) : 0;

	return cJSON_AddNumberToObject(row, rate->name, (now < then ? now : now - then) / seconds);
}

static bool add_rates(cJSON *row, cJSON **before, size_t count, double seconds)
{
	cJSON *const *earlier = bsearch(&row, before, count, sizeof(cJSON *), by_source);

	for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
		if (!add_rate(row, earlier ? *earlier : NULL, &rates[i], seconds))
			return false;
	return true;
}

static int add_nothing(cJSON *rows)
{
	cJSON *row;

	cJSON_ArrayForEach (row, rows) {
		for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
			if (!cJSON_AddNullToObject(row, rates[i].name))
				return -ENOMEM;
	}
	return 0;
}

int rates_add(cJSON *rows, const cJSON *before, double seconds)
{
	_cleanup_free_ cJSON **items = NULL;
	size_t count = 0;
	cJSON *row;

	if (!before)
		return add_nothing(rows);
	items = index_rows(before, &count);
	if (!items)
		return -ENOMEM;
	qsort(items, count, sizeof(cJSON *), by_source);
	cJSON_ArrayForEach (row, rows) {
		if (!add_rates(row, items, count, seconds))
			return -ENOMEM;
	}
	return 0;
}

static int by_order(const void *a, const void *b, void *userdata)
{
	const cJSON *one = *(cJSON *const *)a, *other = *(cJSON *const *)b;
	const struct rate *order = userdata;
	double difference = number(other, order->name) - number(one, order->name);

	if (difference == 0)
		difference = number(other, order->counter) - number(one, order->counter);
	if (difference != 0)
		return difference > 0 ? 1 : -1;
	return by_source(a, b);
}

int rates_sort(cJSON *rows, enum counters_sort sort, size_t top)
{
	struct rate order = orders[sort];
	_cleanup_free_ cJSON **items = NULL;
	size_t count = 0;

	items = index_rows(rows, &count);
	if (!items)
		return -ENOMEM;
	qsort_r(items, count, sizeof(cJSON *), by_order, &order);
	while (rows->child)
		cJSON_DetachItemViaPointer(rows, rows->child);
	for (size_t i = 0; i < count; i++) {
		if (top == 0 || i < top)
			cJSON_AddItemToArray(rows, items[i]);
		else
			cJSON_Delete(items[i]);
	}
	return 0;
}
