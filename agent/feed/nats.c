/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `type: nats`: a key-value bucket, followed for as long as the feed is configured. */
#include "feed/nats.h"

#include <errno.h>
#include <string.h>

#include "base/backoff.h"
#include "base/log.h"
#include "base/text.h"

/* After a batch that was not taken, us. */
#define RETRY_FIRST 1000000ULL
#define RETRY_MOST  60000000ULL

static struct nats *nats_of(const struct reader *reader)
{
	return (struct nats *)(uintptr_t)reader;
}

void nats_retry(struct nats *nats)
{
	uint64_t usec = backoff_usec(++nats->failures, RETRY_FIRST, RETRY_MOST);
	int r = sd_event_source_set_time_relative(nats->retry, usec);

	if (r >= 0)
		r = sd_event_source_set_enabled(nats->retry, SD_EVENT_ONESHOT);
	if (r < 0)
		log_error("feed %s: cannot set its timer: %s", nats->reader.report.config->name,
			  strerror(-r));
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct nats *nats = userdata;

	(void)source;
	(void)usec;
	bucket_sweep(nats->bucket);
	return 0;
}

static int follow(struct nats *nats, const struct feed_place *place, struct error *error)
{
	const struct reader_context *context = nats->reader.context;
	const struct config_feed *config = nats->reader.report.config;
	const struct bucket_options options = {
		.link = link_configured(&config->link),
		.bucket = config->bucket ? config->bucket : CONFIG_BUCKET_DEFAULT,
		.domain = config->link.domain,
		.sweep = config->interval,
		.place = {place->epoch, place->serial},
	};

	return bucket_new(context->event, &options, nats_received, nats, &nats->bucket, error);
}

static int start(struct reader *reader, struct error *error)
{
	const struct reader_context *context = reader->context;
	struct nats *nats = nats_of(reader);
	int r = sd_event_add_time_relative(context->event, &nats->retry, CLOCK_BOOTTIME, 0, 0,
					   on_retry, nats);

	if (r >= 0)
		r = sd_event_source_set_enabled(nats->retry, SD_EVENT_OFF);
	if (r < 0)
		return error_set(error, r, "cannot set its timer: %s", strerror(-r));
	return 0;
}

static int open_bucket(struct nats *nats, struct error *error)
{
	const struct reader_context *context = nats->reader.context;
	struct feed_place place = {0};
	int r = context->target->place(nats->reader.report.config, context->userdata, &place,
				       error);

	return r < 0 ? r : follow(nats, &place, error);
}

/* The first call begins to follow, which never ends; the others read everything again. */
static void read_bucket(struct reader *reader, enum reader_effort effort)
{
	struct nats *nats = nats_of(reader);
	struct error error = {""};
	int r = 0;

	(void)effort;
	nats->asked = NATS_ASKED;
	if (nats->bucket)
		bucket_sweep(nats->bucket);
	else
		r = open_bucket(nats, &error);
	if (r >= 0)
		return;
	nats->asked = NATS_ASKED_NOTHING;
	reader_fail(reader, r, &error);
}

/* Nothing was taken that came meanwhile. */
static void applied(struct reader *reader)
{
	nats_of(reader)->failures = 0;
	read_bucket(reader, READER_ALWAYS);
}

static bool is_busy(const struct reader *reader)
{
	return nats_of(reader)->asked != NATS_ASKED_NOTHING;
}

static bool fits(const struct reader *reader, const struct config_feed *config)
{
	const struct config_feed *own = reader->report.config;

	return config_same_link(&own->link, &config->link) &&
	       text_same(own->bucket, config->bucket) && own->interval == config->interval;
}

static void adopt(struct reader *reader, const struct config_feed *config)
{
	reader->report.config = config;
}

/* A server that answers is a success, also when there is nothing new. */
static void describe(const struct reader *reader, struct feed_report *report, uint64_t *success)
{
	struct nats *nats = nats_of(reader);
	struct bucket_report bucket = {0};

	if (nats->bucket)
		bucket = bucket_report(nats->bucket);
	report->link = bucket.connected ? FEED_LINK_UP : FEED_LINK_DOWN;
	report->behind = bucket.behind;
	report->url = report->config->link.url; /* which holds no secret */
	if (report->state == FEED_OK && bucket.contact > *success)
		*success = bucket.contact;
	if (!report->error && nats->bad.text[0])
		report->error = nats->bad.text;
}

static void stop(struct reader *reader)
{
	struct nats *nats = nats_of(reader);

	beside_cancel(nats->arranging);
	bucket_free(nats->bucket);
	sd_event_source_disable_unref(nats->retry);
	feed_batch_free(nats->batch);
}

const struct reader_ops reader_nats = {
	.size = sizeof(struct nats),
	.start = start,
	.fits = fits,
	.adopt = adopt,
	.read = read_bucket,
	.is_busy = is_busy,
	.applied = applied,
	.describe = describe,
	.stop = stop,
};
