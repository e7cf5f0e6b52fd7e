/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "usage/delivery.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "usage/carrier.h"

#define RETRY_FIRST	USEC_PER_SEC
#define RETRY_MOST	(300 * USEC_PER_SEC)
#define RETRY_AFTER_MAX 3600 /* s: whatever the receiver asks for */

struct delivery {
	struct delivery_context context;
	struct carrier *carrier;
	uint64_t under_way;	       /* the number of the report; 0: none is */
	sd_event_source *retry;	       /* on while the last try has failed */
	unsigned int failures;	       /* in a row */
	struct delivery_report report; /* `error` apart */
	struct error error;	       /* empty: none */
};

static void start_retry(struct delivery *delivery, uint64_t retry_after)
{
	uint64_t usec = backoff_usec(delivery->failures, RETRY_FIRST, RETRY_MOST);
	int r;

	if (retry_after > RETRY_AFTER_MAX)
		retry_after = RETRY_AFTER_MAX;
	if (usec < retry_after * USEC_PER_SEC)
		usec = retry_after * USEC_PER_SEC;
	r = sd_event_source_set_time_relative(delivery->retry, usec);
	if (r >= 0)
		r = sd_event_source_set_enabled(delivery->retry, SD_EVENT_ONESHOT);
	if (r < 0)
		log_error("usage %s: cannot set its timer: %s", delivery->context.config->name,
			  strerror(-r));
}

/* Of a row of equal failures the first is logged. */
static void fail(struct delivery *delivery, const struct error *error, uint64_t retry_after)
{
	if (strcmp(delivery->error.text, error->text) != 0)
		log_error("usage %s: %s", delivery->context.config->name, error->text);
	delivery->error = *error;
	delivery->report.errors++;
	delivery->failures++;
	start_retry(delivery, retry_after);
}

static void note_answer(struct delivery *delivery)
{
	if (delivery->error.text[0])
		log_info("usage %s: reports are delivered again", delivery->context.config->name);
	delivery->error.text[0] = '\0';
	delivery->failures = 0;
}

/* The limit may have dropped the report while it was under way. */
static void take_out(struct delivery *delivery)
{
	const struct spool_report *oldest = spool_oldest(delivery->context.spool);

	if (oldest && oldest->number == delivery->under_way)
		spool_remove_oldest(delivery->context.spool);
}

static void succeed(struct delivery *delivery)
{
	const struct spool_report *oldest = spool_oldest(delivery->context.spool);

	note_answer(delivery);
	delivery->report.sequence = delivery->under_way;
	if (oldest && oldest->number == delivery->under_way)
		delivery->report.written = oldest->written;
	take_out(delivery);
}

/* It would be called bad the next time as well, and hold up all others. */
static void drop(struct delivery *delivery, const struct error *error)
{
	log_error("usage %s: report %" PRIu64 " was refused, and is dropped: %s",
		  delivery->context.config->name, delivery->under_way, error->text);
	delivery->report.refused++;
	take_out(delivery);
}

static void on_done(enum carrier_outcome outcome, const struct error *error, uint64_t retry_after,
		    void *userdata)
{
	struct delivery *delivery = userdata;

	switch (outcome) {
	case CARRIER_DELIVERED:
		succeed(delivery);
		break;
	case CARRIER_REFUSED:
		drop(delivery, error);
		break;
	case CARRIER_FAILED:
		fail(delivery, error, retry_after);
		break;
	}
	delivery->under_way = 0;
	delivery_wake(delivery);
}

/* The next report that can be read, with its text; NULL: there is none. */
static const struct spool_report *next_report(struct spool *spool, char **ret_text)
{
	const struct spool_report *report;

	while ((report = spool_oldest(spool))) {
		struct error error;

		if (spool_read(spool, report, ret_text, &error) >= 0)
			return report;
		log_error("%s: it is dropped", error.text);
		spool_remove_oldest(spool);
	}
	return NULL;
}

static void deliver(struct delivery *delivery)
{
	_cleanup_free_ char *text = NULL;
	const struct spool_report *report = next_report(delivery->context.spool, &text);
	struct error error = {0};

	if (!report)
		return;
	if (carrier_send(delivery->carrier, report, text, &error) < 0)
		fail(delivery, &error, 0);
	else
		delivery->under_way = report->number;
}

void delivery_wake(struct delivery *delivery)
{
	if (!delivery->under_way && sd_event_source_get_enabled(delivery->retry, NULL) == 0)
		deliver(delivery);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	deliver(userdata);
	return 0;
}

int delivery_new(const struct delivery_context *context, struct delivery **ret, struct error *error)
{
	_cleanup_(delivery_freep) struct delivery *delivery = calloc(1, sizeof(*delivery));
	const struct carrier_context carrier = {
		.event = context->event,
		.transfers = context->transfers,
		.config = context->config,
		.done = on_done,
		.userdata = delivery,
	};
	int r;

	if (!delivery)
		return error_set(error, -ENOMEM, "out of memory");
	delivery->context = *context;
	r = sd_event_add_time_relative(context->event, &delivery->retry, CLOCK_BOOTTIME, 0, 0,
				       on_retry, delivery);
	if (r >= 0)
		r = sd_event_source_set_enabled(delivery->retry, SD_EVENT_OFF);
	if (r < 0)
		return error_set(error, r, "cannot set its timer: %s", strerror(-r));
	r = carrier_new(&carrier, &delivery->carrier, error);
	if (r < 0)
		return r;
	*ret = STEAL(delivery);
	return 0;
}

void delivery_free(struct delivery *delivery)
{
	if (!delivery)
		return;
	carrier_free(delivery->carrier);
	sd_event_source_disable_unref(delivery->retry);
	free(delivery);
}

void delivery_adopt(struct delivery *delivery, const struct config_usage *config)
{
	delivery->context.config = config;
	carrier_adopt(delivery->carrier, config);
}

struct delivery_report delivery_report(const struct delivery *delivery)
{
	struct delivery_report report = delivery->report;

	report.error = delivery->error.text[0] ? delivery->error.text : NULL;
	return report;
}
