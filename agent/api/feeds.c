/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/feeds.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/value.h"

static cJSON *feed_json(const struct feed_report *report)
{
	bool known = report->last_success != 0;
	double age = (double)(clock_wall() - report->last_success);
	cJSON *row = cJSON_CreateObject();

	return value_if(
		value_add(row, "name", cJSON_CreateString(report->config->name)) &&
			value_add(row, "state",
				  cJSON_CreateString(feed_state_name(report->state))) &&
			value_add(row, "serial", value_number(known, (double)report->serial)) &&
			value_add(row, "age", value_number(known, age)) &&
			value_add(row, "records", value_number(known, (double)report->records)) &&
			value_add(row, "error", value_text(report->error)) &&
			value_add(row, "url", value_text(report->url)) &&
			value_add(row, "next_reading", value_time(report->next_reading)),
		row);
}

cJSON *feeds_json(const struct feeds *feeds)
{
	cJSON *array = cJSON_CreateArray();
	bool complete = true;

	for (size_t i = 0; complete && i < feeds_count(feeds); i++) {
		struct feed_report report = feeds_report(feeds, i);

		complete = value_append(array, feed_json(&report));
	}
	return value_if(complete, array);
}

int feeds_get(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	(void)request;
	return reply_json(reply, feeds_json(api->context.feeds), error);
}
