/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/feeds.h"

#include <errno.h>
#include <string.h>

#include "api/handlers.h"
#include "api/input.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/value.h"

/* null: nothing is under way. */
static cJSON *progress_json(const struct feed_report *report)
{
	cJSON *object;

	if (!report->busy)
		return cJSON_CreateNull();
	object = cJSON_CreateObject();
	return value_if(value_add(object, "done", cJSON_CreateNumber((double)report->done)) &&
				value_add(object, "total",
					  value_number(report->total > 0, (double)report->total)),
			object);
}

/* null: nothing that stays connected. */
static cJSON *connected_json(const struct feed_report *report)
{
	return report->link == FEED_LINK_NONE ? cJSON_CreateNull()
					      : cJSON_CreateBool(report->link == FEED_LINK_UP);
}

static cJSON *feed_json(const struct feed_report *report)
{
	bool known = report->last_success != 0, linked = report->link != FEED_LINK_NONE;
	double age = (double)(clock_wall() - report->last_success);
	cJSON *row = cJSON_CreateObject();

	return value_if(
		value_add(row, "name", cJSON_CreateString(report->config->name)) &&
			value_add(row, "state",
				  cJSON_CreateString(feed_state_name(report->state))) &&
			value_add(row, "serial", value_number(known, (double)report->serial)) &&
			value_add(row, "age", value_number(known, age)) &&
			value_add(row, "records", value_number(known, (double)report->records)) &&
			value_add(row, "held",
				  value_number(report->held > 0, (double)report->held)) &&
			value_add(row, "progress", progress_json(report)) &&
			value_add(row, "connected", connected_json(report)) &&
			value_add(row, "behind", value_number(linked, (double)report->behind)) &&
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

/* The feed that the path names. */
static int find(const struct api *api, const struct request *request, struct feed_report *ret,
		struct error *error)
{
	const struct feeds *feeds = api->context.feeds;

	for (size_t i = 0; i < feeds_count(feeds); i++) {
		*ret = feeds_report(feeds, i);
		if (strcmp(ret->config->name, request->arguments[0]) == 0)
			return 0;
	}
	error_set(error, -ENOENT, "there is no feed \"%s\"", request->arguments[0]);
	return -ENOENT;
}

/* What has become of it so far: an object as in the list. */
static int reply_feed(const struct api *api, const struct request *request, struct reply *reply,
		      struct error *error)
{
	struct feed_report report = {};
	int r = find(api, request, &report, error);

	return r < 0 ? r : reply_json(reply, feed_json(&report), error);
}

int feeds_post_sync(struct api *api, struct request *request, struct reply *reply,
		    struct error *error)
{
	const struct ledger_actor actor = {.uid = request->uid};
	bool reset = false;
	const struct input_field fields[] = {{"reset", INPUT_BOOL, false, &reset}};
	struct feed_report report = {};
	int r = input_body(request, fields, ARRAY_SIZE(fields), error);

	if (r >= 0)
		r = find(api, request, &report, error);
	if (r >= 0 && report.state == FEED_PAUSED)
		r = error_set(error, -EBUSY, "feed %s is paused: resume it first",
			      report.config->name);
	if (r >= 0 && reset)
		r = ledger_reset_feed(api->context.ledger, report.config->name, &actor, error);
	if (r >= 0)
		r = feeds_sync(api->context.feeds, report.config->name);
	return r < 0 ? r : reply_feed(api, request, reply, error);
}

int feeds_post_apply(struct api *api, struct request *request, struct reply *reply,
		     struct error *error)
{
	const struct ledger_actor actor = {.uid = request->uid};
	uint64_t held = 0;
	const struct input_field fields[] = {{"held", INPUT_NUMBER, true, &held}};
	struct feed_report report = {};
	int r = input_body(request, fields, ARRAY_SIZE(fields), error);

	if (r >= 0)
		r = find(api, request, &report, error);
	if (r >= 0)
		r = feeds_apply_held(api->context.feeds, report.config->name, held, error);
	if (r >= 0)
		r = ledger_note_applied(api->context.ledger, report.config->name, &actor, error);
	return r < 0 ? r : reply_feed(api, request, reply, error);
}

static int set_paused(struct api *api, struct request *request, bool paused, struct reply *reply,
		      struct error *error)
{
	const struct ledger_actor actor = {.uid = request->uid};
	struct feed_report report = {};
	int r = input_body(request, NULL, 0, error);

	if (r >= 0)
		r = find(api, request, &report, error);
	if (r >= 0 && (report.state == FEED_PAUSED) != paused) {
		r = ledger_pause_feed(api->context.ledger, report.config->name, paused, &actor,
				      error);
		if (r >= 0)
			r = feeds_renew(api->context.feeds, report.config->name, error);
	}
	return r < 0 ? r : reply_feed(api, request, reply, error);
}

int feeds_post_pause(struct api *api, struct request *request, struct reply *reply,
		     struct error *error)
{
	return set_paused(api, request, true, reply, error);
}

int feeds_post_resume(struct api *api, struct request *request, struct reply *reply,
		      struct error *error)
{
	return set_paused(api, request, false, reply, error);
}
