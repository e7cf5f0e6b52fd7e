/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counters/rates.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/value.h"
#include "counters/looks.h"

/* A source, what came of it per second, and by what it is put in order. */
struct growing {
	const struct counters_source *source;
	double rates[RATES];
	double first, second;
};

static const char *const names[RATES] = {
	[RATE_PACKETS] = "packets_per_second",
	[RATE_BYTES] = "bytes_per_second",
	[RATE_ATTEMPTS] = "attempts_per_second",
	[RATE_DROPPED] = "dropped_per_second",
};

/* Of the columns that have a rate. */
static const enum rate rate_of[] = {
	[COUNTERS_SORT_PACKETS] = RATE_PACKETS,
	[COUNTERS_SORT_BYTES] = RATE_BYTES,
	[COUNTERS_SORT_ATTEMPTS] = RATE_ATTEMPTS,
	[COUNTERS_SORT_DROPPED] = RATE_DROPPED,
};

/* What was less than before has given way in the full map, and begun anew. */
static void measure(struct growing *row, const uint64_t counts[RATES], const struct seen *before,
		    double seconds)
{
	for (size_t i = 0; i < RATES; i++) {
		uint64_t then = before ? before->counts[i] : 0;
		uint64_t came = counts[i] < then ? counts[i] : counts[i] - then;

		row->rates[i] = seconds > 0 ? (double)came / seconds : 0;
	}
}

static void weigh(struct growing *row, enum counters_sort sort, const uint64_t counts[RATES])
{
	if (sort == COUNTERS_SORT_DESTINATIONS) {
		row->first = row->source->destinations;
		row->second = row->rates[RATE_PACKETS];
	} else {
		row->first = row->rates[rate_of[sort]];
		row->second = (double)counts[rate_of[sort]];
	}
}

/* Fastest first; equal ones in a fixed order, so that a table does not jump about. */
static int compare(const void *a, const void *b)
{
	const struct growing *one = a, *other = b;

	if (one->first != other->first)
		return one->first > other->first ? -1 : 1;
	if (one->second != other->second)
		return one->second > other->second ? -1 : 1;
	return seen_compare(&one->source->key, &other->source->key);
}

/* One a source; NULL: out of memory. */
static struct growing *grow(const struct counters_source *sources, size_t count,
			    const struct look *before, double seconds, enum counters_sort sort)
{
	struct growing *rows = calloc(count + 1, sizeof(*rows));

	for (size_t i = 0; rows && i < count; i++) {
		const struct seen *earlier =
			before ? bsearch(&sources[i].key, before->items, before->count,
					 sizeof(*before->items), seen_compare)
			       : NULL;
		uint64_t counts[RATES];

		look_counts(&sources[i], counts);
		rows[i].source = &sources[i];
		measure(&rows[i], counts, earlier, seconds);
		weigh(&rows[i], sort, counts);
	}
	if (rows)
		qsort(rows, count, sizeof(*rows), compare);
	return rows;
}

static cJSON *row_json(const struct growing *row, bool known)
{
	cJSON *object = counters_source_json(row->source);
	bool complete = object;

	for (size_t i = 0; i < RATES && complete; i++)
		complete = value_add(object, names[i], value_number(known, row->rates[i]));
	return value_if(complete, object);
}

static cJSON *rows_json(const struct growing *rows, size_t count, bool known)
{
	cJSON *array = cJSON_CreateArray();
	bool complete = true;

	for (size_t i = 0; i < count && complete; i++)
		complete = value_append(array, row_json(&rows[i], known));
	return value_if(complete, array);
}

static cJSON *answer_json(const struct look *look, double seconds, cJSON *rows)
{
	cJSON *object = cJSON_CreateObject();
	bool complete = value_add(object, "look", cJSON_CreateNumber((double)look->number)) &&
			value_add(object, "seconds", value_number(seconds > 0, seconds));

	/* In this order, so that the rows are freed whatever happens. */
	return value_if(value_add(object, "sources", rows) && complete, object);
}

static cJSON *compare_looks(const struct counters_source *sources, size_t count,
			    const struct look *before, const struct look *look,
			    const struct rates_request *request)
{
	double seconds = before ? (double)(look->taken - before->taken) / (double)NSEC_PER_SEC : 0;
	size_t shown = request->top && request->top < count ? request->top : count;
	_cleanup_free_ struct growing *rows = grow(sources, count, before, seconds, request->sort);

	return rows ? answer_json(look, seconds, rows_json(rows, shown, seconds > 0)) : NULL;
}

cJSON *rates_json(struct counters *counters, struct looks *looks,
		  const struct rates_request *request, struct error *error)
{
	_cleanup_free_ struct counters_source *sources = NULL;
	struct look look;
	size_t count;
	cJSON *answer;

	if (counters_sources(counters, &sources, &count, error) < 0)
		return NULL;
	if (look_take(looks, sources, count, &look) < 0) {
		error_set(error, -ENOMEM, "out of memory");
		return NULL;
	}
	answer = compare_looks(sources, count, looks_find(looks, request->since), &look, request);
	looks_put(looks, request->since, &look);
	if (!answer)
		error_set(error, -ENOMEM, "out of memory");
	return answer;
}
