/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A feed that is read whole: fetched every interval and whenever its source says that it changed,
 * checked by its format, and handed over.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "feed/fetch.h"
#include "feed/intake.h"
#include "feed/parsing.h"
#include "feed/schedule.h"

struct document {
	struct reader reader;
	const struct feed_format *format;
	sd_event_source *timer;
	struct fetch *fetch;
	struct schedule schedule; /* of a remote one */
	struct parsing *parsing;
	bool reading; /* from the fetch until it is in force, or refused */
	bool again;   /* asked for meanwhile */
};

static struct document *document_of(struct reader *reader)
{
	return (struct document *)reader;
}

static int start_timer(struct document *document, uint64_t usec)
{
	int r = sd_event_source_set_time_relative(document->timer, usec);

	if (r < 0)
		return r;
	return sd_event_source_set_enabled(document->timer, SD_EVENT_ONESHOT);
}

/* @code: what the last reading came to. A file is read on time: nobody else is troubled by it. */
static uint64_t next_reading(struct document *document, int code)
{
	uint64_t interval = document->reader.report.config->interval;

	if (document->again)
		return 0;
	if (!document->fetch->ops->is_remote)
		return schedule_usec(interval);
	/* What the guard holds is no fault of the server's. */
	if (code < 0 && code != -EBUSY)
		return schedule_after_failure(&document->schedule, interval,
					      document->fetch->retry_after);
	return schedule_after_success(&document->schedule, interval);
}

static void restart_timer(struct document *document, int code)
{
	struct feed_report *report = &document->reader.report;
	uint64_t usec = next_reading(document, code);
	int r = start_timer(document, usec);

	if (r < 0)
		log_error("feed %s: cannot set its timer: %s", report->config->name, strerror(-r));
	report->next_reading = clock_wall() + (int64_t)(usec / USEC_PER_SEC);
}

/* @code and @error: what the reading came to. The interval begins anew. */
static void finish(struct document *document, int code, const struct error *error)
{
	if (code < 0)
		reader_fail(&document->reader, code, error);
	else
		reader_succeed(&document->reader);
	document->reading = false;
	restart_timer(document, code);
}

static void on_applied(int code, const struct error *error, void *userdata)
{
	struct document *document = userdata;

	fetch_settle(document->fetch, code >= 0);
	finish(document, code, error);
}

static int refuse_mixed(struct document *document, struct error *error)
{
	document->reader.report.errors_read++;
	return error_set(error, -EAGAIN,
			 "%s was written to while it was read; put it in place by rename",
			 fetch_name(document->fetch));
}

static void on_parsed(int code, struct feed_batch *batch, FILE *content, const struct error *error,
		      void *userdata)
{
	_cleanup_(feed_batch_freep) struct feed_batch *owned = batch;
	_cleanup_fclose_ FILE *read = content;
	struct document *document = userdata;
	struct error problem = *error;

	document->parsing = NULL;
	if (!fetch_is_whole(document->fetch, read))
		code = refuse_mixed(document, &problem);
	else if (code < 0)
		document->reader.report.errors_parse++;
	if (code < 0)
		on_applied(code, &problem, document);
	else
		intake_take(&document->reader, STEAL(owned), on_applied, document);
}

static void on_fetched(int code, FILE *content, const struct error *error, void *userdata)
{
	struct document *document = userdata;
	struct error problem;

	if (code < 0 || !content) {
		if (code < 0)
			reader_count_fetch_error(&document->reader, code);
		finish(document, code, error);
		return;
	}
	code = parsing_start(document->reader.context->event, document->format, content,
			     fetch_name(document->fetch), on_parsed, document, &document->parsing,
			     &problem);
	if (code < 0)
		on_applied(code, &problem, document);
}

static void read_document(struct reader *reader, enum reader_effort effort)
{
	struct document *document = document_of(reader);

	if (document->reading) {
		document->again |= effort == READER_ALWAYS;
		return;
	}
	document->reading = true;
	reader->report.next_reading = 0;
	document->again = false;
	document->fetch->retry_after = 0;
	fetch_start(document->fetch, effort);
}

static void on_change(void *userdata)
{
	/* Two changes in one tick of the file system's clock can look the same. */
	read_document(userdata, READER_ALWAYS);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct document *document = userdata;

	(void)source;
	(void)usec;
	read_document(&document->reader, document->again ? READER_ALWAYS : READER_IF_CHANGED);
	return 0;
}

static void set_url(struct document *document)
{
	struct feed_report *report = &document->reader.report;

	report->url = document->fetch->ops->is_remote ? fetch_name(document->fetch)
						      : report->config->link.url;
}

static int start(struct reader *reader, struct error *error)
{
	struct document *document = document_of(reader);
	const struct fetch_owner owner = {
		.done = on_fetched, .changed = on_change, .userdata = document};
	int r;

	document->format = feed_format_find(reader->report.config->type);
	r = sd_event_add_time_relative(reader->context->event, &document->timer, CLOCK_BOOTTIME, 0,
				       0, on_timer, document);
	if (r >= 0)
		r = start_timer(document, schedule_usec(reader->report.config->interval));
	if (r < 0)
		return error_set(error, r, "cannot set its timer: %s", strerror(-r));
	r = fetch_new(reader->context, reader->report.config, &owner, &document->fetch, error);
	if (r < 0)
		return r;
	set_url(document);
	return 0;
}

/* Whoever mends how a feed is fetched does not want to wait for the next reading. */
static bool fits(const struct reader *reader, const struct config_feed *config)
{
	const struct config_feed *own = reader->report.config;

	return config_same_link(&own->link, &config->link) &&
	       text_same(own->token_file, config->token_file) &&
	       own->size_limit == config->size_limit && own->time_limit == config->time_limit;
}

static void adopt(struct reader *reader, const struct config_feed *config)
{
	struct document *document = document_of(reader);
	bool same_interval = config->interval == reader->report.config->interval;
	bool troubled = reader->report.state == FEED_ERROR || reader->report.state == FEED_HELD;

	reader->report.config = config;
	fetch_adopt(document->fetch, config);
	set_url(document);
	/* Whoever reloads has changed something, and that may have been it. */
	document->again |= troubled;
	if (!document->reading && (troubled || !same_interval))
		restart_timer(document, 0);
}

static bool is_busy(const struct reader *reader)
{
	return ((const struct document *)reader)->reading;
}

static void stop(struct reader *reader)
{
	struct document *document = document_of(reader);

	parsing_cancel(document->parsing);
	fetch_free(document->fetch);
	sd_event_source_disable_unref(document->timer);
}

const struct reader_ops reader_document = {
	.size = sizeof(struct document),
	.start = start,
	.fits = fits,
	.adopt = adopt,
	.read = read_document,
	.is_busy = is_busy,
	.stop = stop,
};
