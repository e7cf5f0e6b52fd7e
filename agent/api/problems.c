/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/interfaces.h"
#include "api/problems.h"
#include "base/clock.h"
#include "base/value.h"

#define FILL_LIMIT 0.9 /* of a map: time to raise its limit */

static bool add(cJSON *problems, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool add(cJSON *problems, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		text = NULL;
		return false;
	}
	return value_append(problems, cJSON_CreateString(text));
}

static bool add_known(cJSON *problems, const struct api_context *context)
{
	for (size_t i = 0; i < context->problem_count; i++) {
		if (!add(problems, "%s", context->problems[i]))
			return false;
	}
	return true;
}

static bool add_interfaces(cJSON *problems, const struct fence *fence)
{
	if (interfaces_covered(fence) == 0 &&
	    !add(problems, "no interface is covered: nothing is enforced"))
		return false;
	for (size_t i = 0; i < fence_interface_count(fence); i++) {
		const struct fence_interface *interface = fence_interface_at(fence, i);

		if (!interface->covered && !add(problems, "interface %s is not covered: %s",
						interface->name, interface->reason))
			return false;
	}
	return true;
}

static bool add_feed(cJSON *problems, const struct feed_report *report)
{
	const char *name = report->config->name;
	char time[TIME_TEXT_MAX];

	switch (report->state) {
	case FEED_WAITING:
	case FEED_OK:
	case FEED_PAUSED:
		return true;
	case FEED_STALE:
		if (report->last_success == 0)
			return add(problems, "feed %s is stale: never read with success", name);
		return add(problems, "feed %s is stale: last read with success at %s", name,
			   time_format(report->last_success, time));
	case FEED_ERROR:
	case FEED_HELD:
		break;
	}
	return add(problems, "feed %s: %s: %s", name, feed_state_name(report->state),
		   report->error ? report->error : "no reason is known");
}

static bool add_feeds(cJSON *problems, const struct feeds *feeds)
{
	for (size_t i = 0; i < feeds_count(feeds); i++) {
		struct feed_report report = feeds_report(feeds, i);

		if (!add_feed(problems, &report))
			return false;
	}
	return true;
}

static bool add_usage(cJSON *problems, const struct usage *usage)
{
	for (size_t i = 0; i < usage_count(usage); i++) {
		struct usage_report report = usage_report(usage, i);

		if (report.error &&
		    !add(problems, "usage %s: %ju reports wait: %s", report.config->name,
			 (uintmax_t)report.waiting, report.error))
			return false;
	}
	return true;
}

static bool add_refused(cJSON *problems, const struct ledger *ledger)
{
	struct ledger_report report = ledger_report(ledger);

	return report.refused == 0 ||
	       add(problems,
		   "%zu blocks are not in force, because their map is full: raise `limits`",
		   report.refused);
}

static const char *limit_of(const char *map)
{
	if (strcmp(map, "blocks") == 0 || strcmp(map, "block_hits") == 0)
		return ": raise limits.blocks";
	return strcmp(map, "prefixes") == 0 ? ": raise limits.prefixes" : "";
}

static bool add_maps(cJSON *problems, const cJSON *maps)
{
	const cJSON *row;

	cJSON_ArrayForEach (row, maps) {
		const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(row, "name"));
		double entries = cJSON_GetNumberValue(cJSON_GetObjectItem(row, "entries"));
		double max = cJSON_GetNumberValue(cJSON_GetObjectItem(row, "max"));

		/* `sources` gives up its quietest entries when it is full, as it is meant to. */
		if (strcmp(name, "sources") == 0 || entries <= FILL_LIMIT * max)
			continue;
		if (!add(problems, "map %s holds %.0f of at most %.0f entries%s", name, entries,
			 max, limit_of(name)))
			return false;
	}
	return true;
}

static bool add_notify(cJSON *problems, const struct notify *notify)
{
	for (size_t i = 0; i < notify_count(notify); i++) {
		struct notify_report report = notify_report(notify, i);

		if (report.is_degraded && !add(problems, "notify: %s; %llu events wait",
					       report.error, (unsigned long long)report.pending))
			return false;
	}
	return true;
}

cJSON *problems_json(const struct api *api, const cJSON *maps)
{
	const struct api_context *context = &api->context;
	cJSON *problems = cJSON_CreateArray();

	return value_if(problems && add_known(problems, context) &&
				add_interfaces(problems, context->fence) &&
				add_feeds(problems, context->feeds) &&
				add_usage(problems, context->usage) &&
				add_refused(problems, context->ledger) &&
				add_maps(problems, maps) && add_notify(problems, context->notify),
			problems);
}
