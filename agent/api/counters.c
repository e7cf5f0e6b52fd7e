/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "api/handlers.h"
#include "api/input.h"
#include "api/reply.h"

int counters_get(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	const char *text = input_query(request, "sort");
	enum counters_sort sort = COUNTERS_SORT_PACKETS;
	int64_t top = 0;
	cJSON *array;
	int r = input_query_number(request, "top", 0, INT32_MAX, &top, error);

	if (r < 0)
		return r;
	if (text && counters_sort_parse(text, &sort) < 0)
		return error_set(error, -EINVAL,
				 "sort: \"%s\" is none of packets, bytes, attempts, dropped, "
				 "destinations",
				 text);
	array = counters_sources_json(api->context.counters, sort, (size_t)top, error);
	return array ? reply_json(reply, array, error) : -EIO;
}
