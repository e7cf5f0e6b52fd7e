/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/metrics_feeds.h"

#include "api/exposition.h"
#include "base/cleanup.h"

typedef void (*feed_writer)(FILE *out, const struct feed_report *report);

static void write_success(FILE *out, const struct feed_report *report)
{
	exposition_sample(out, "feed_last_success_timestamp_seconds",
			  LABELS({"feed", report->config->name}), (double)report->last_success);
}

static void write_errors(FILE *out, const struct feed_report *report)
{
	const struct {
		const char *kind;
		uint64_t count;
	} errors[] = {
		{"connect", report->errors_connect}, {"certificate", report->errors_certificate},
		{"timeout", report->errors_timeout}, {"status", report->errors_status},
		{"size", report->errors_size},	     {"read", report->errors_read},
		{"parse", report->errors_parse},     {"apply", report->errors_apply},
	};

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		exposition_sample(out, "feed_errors_total",
				  LABELS({"feed", report->config->name}, {"kind", errors[i].kind}),
				  (double)errors[i].count);
}

static void write_records(FILE *out, const struct feed_report *report)
{
	exposition_sample(out, "feed_records", LABELS({"feed", report->config->name}),
			  (double)report->records);
}

static void write_stale(FILE *out, const struct feed_report *report)
{
	exposition_sample(out, "feed_stale", LABELS({"feed", report->config->name}),
			  report->state == FEED_STALE);
}

static void write_paused(FILE *out, const struct feed_report *report)
{
	exposition_sample(out, "feed_paused", LABELS({"feed", report->config->name}),
			  report->state == FEED_PAUSED);
}

static void write_ignored(FILE *out, const struct feed_report *report)
{
	exposition_sample(out, "feed_ignored_total", LABELS({"feed", report->config->name}),
			  (double)report->ignored);
}

static void write_held(FILE *out, const struct feed_report *report)
{
	exposition_sample(out, "feed_held", LABELS({"feed", report->config->name}),
			  report->state == FEED_HELD);
}

static void each_feed(FILE *out, const struct feeds *feeds, feed_writer writer)
{
	for (size_t i = 0; i < feeds_count(feeds); i++) {
		struct feed_report report = feeds_report(feeds, i);

		writer(out, &report);
	}
}

void metrics_feeds(FILE *out, const struct feeds *feeds)
{
	exposition_head(out, "feed_last_success_timestamp_seconds", "gauge",
			"When the feed was last read and taken over; 0: never");
	each_feed(out, feeds, write_success);
	exposition_head(out, "feed_errors_total", "counter",
			"Readings that failed, by what went wrong");
	each_feed(out, feeds, write_errors);
	exposition_head(out, "feed_records", "gauge",
			"Records of the last reading that was taken over");
	each_feed(out, feeds, write_records);
	exposition_head(out, "feed_stale", "gauge", "1 if there was no success for stale_after");
	each_feed(out, feeds, write_stale);
	exposition_head(out, "feed_paused", "gauge", "1 if somebody has paused it");
	each_feed(out, feeds, write_paused);
	exposition_head(out, "feed_ignored_total", "counter",
			"Records that are not for us, by their scope or type");
	each_feed(out, feeds, write_ignored);
	exposition_head(out, "feed_held", "gauge", "1 if the guard holds the last reading");
	each_feed(out, feeds, write_held);
}
