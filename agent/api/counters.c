/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "api/handlers.h"
#include "api/input.h"
#include "api/reply.h"
#include "counters/rates.h"

static int read_order(const struct request *request, enum counters_sort *sort, int64_t *top,
		      struct error *error)
{
	const char *text = input_query(request, "sort");

	if (text && counters_sort_parse(text, sort) < 0)
		return error_set(error, -EINVAL,
				 "sort: \"%s\" is none of packets, bytes, attempts, dropped, "
				 "destinations",
				 text);
	return input_query_number(request, "top", 0, INT32_MAX, top, error);
}

int rates_get(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	struct rates_request rates = {.sort = COUNTERS_SORT_PACKETS};
	int64_t since = 0, top = 0;
	cJSON *answer;
	int r = read_order(request, &rates.sort, &top, error);

	if (r >= 0)
		r = input_query_number(request, "since", 0, INT64_MAX, &since, error);
	if (r < 0)
		return r;
	rates.since = (uint64_t)since;
	rates.top = (size_t)top;
	answer = rates_json(api->context.counters, api->looks, &rates, error);
	return answer ? reply_json(reply, answer, error) : -EIO;
}

int counters_get(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	_cleanup_free_ struct counters_source *sources = NULL;
	_cleanup_(reply_array_clear) struct reply_array array = {};
	enum counters_sort sort = COUNTERS_SORT_PACKETS;
	size_t count = 0;
	int64_t top = 0;
	int r = read_order(request, &sort, &top, error);

	if (r >= 0)
		r = counters_sources_sorted(api->context.counters, sort, (size_t)top, &sources,
					    &count, error);
	if (r >= 0)
		r = reply_array_open(&array, error);
	for (size_t i = 0; i < count && r >= 0; i++)
		r = reply_array_add(&array, counters_source_json(&sources[i]));
	return r < 0 ? r : reply_array_finish(&array, reply, error);
}
