/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "usage/receiver.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "usage/delivery.h"
#include "usage/report.h"
#include "usage/spool.h"
#include "usage/window.h"

struct receiver {
	const struct receiver_context *context;
	const struct config_usage *config;
	struct spool *spool;
	struct delivery *delivery;
	sd_event_source *timer;
	/* the reports that are being written */
	sd_event_source *slices; /* on meanwhile */
	struct report report;
	struct window window;
	FILE *file;
	struct error error; /* why the last one could not be written; empty: it could */
};

static void close_file(struct receiver *receiver)
{
	if (receiver->file)
		fclose(STEAL(receiver->file));
}

static void end_reports(struct receiver *receiver)
{
	report_clear(&receiver->report);
	close_file(receiver);
	sd_event_source_set_enabled(receiver->slices, SD_EVENT_OFF);
}

static void note_outcome(struct receiver *receiver, const struct error *error)
{
	if (error->text[0] && strcmp(error->text, receiver->error.text) != 0)
		log_error("usage %s: %s", receiver->config->name, error->text);
	receiver->error = *error;
}

static int begin_report(struct receiver *receiver, struct error *error)
{
	int r = window_store(spool_folder(receiver->spool), &receiver->window, error);

	if (r >= 0)
		r = spool_begin(receiver->spool, &receiver->file, error);
	if (r >= 0)
		r = report_begin(&receiver->report, &receiver->window, receiver->file, error);
	return r;
}

static int begin_window(struct receiver *receiver, struct error *error)
{
	int r = window_next(spool_folder(receiver->spool), &receiver->window, error);

	if (r >= 0)
		r = report_read(&receiver->report, receiver->context->counters, error);
	if (r >= 0)
		r = begin_report(receiver, error);
	if (r >= 0)
		sd_event_source_set_enabled(receiver->slices, SD_EVENT_ON);
	return r;
}

/* The report is whole. 1: another one of the same window follows; 0: none; negative errno. */
static int finish_report(struct receiver *receiver, struct error *error)
{
	int r = spool_commit(receiver->spool, receiver->window.sequence, receiver->file, error);

	close_file(receiver);
	if (r < 0)
		return r;
	delivery_wake(receiver->delivery);
	if (report_is_last(&receiver->report))
		return 0;
	receiver->window.sequence++;
	r = begin_report(receiver, error);
	return r < 0 ? r : 1;
}

static int on_slice(sd_event_source *source, void *userdata)
{
	struct receiver *receiver = userdata;
	struct error error = {0};
	int r = report_go_on(&receiver->report, &error);

	(void)source;
	if (r == 0)
		r = finish_report(receiver, &error);
	if (r > 0)
		return 0;
	note_outcome(receiver, &error);
	end_reports(receiver);
	return 0;
}

static int start_timer(struct receiver *receiver)
{
	int r = sd_event_source_set_time_relative(receiver->timer,
						  receiver->config->interval * USEC_PER_SEC);

	return r < 0 ? r : sd_event_source_set_enabled(receiver->timer, SD_EVENT_ONESHOT);
}

/* Where the last window is still being written, this one waits for the next interval. */
static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct receiver *receiver = userdata;
	struct error error = {0};

	(void)source;
	(void)usec;
	if (!receiver->file && begin_window(receiver, &error) < 0) {
		note_outcome(receiver, &error);
		end_reports(receiver);
	}
	return start_timer(receiver);
}

static int add_sources(struct receiver *receiver)
{
	sd_event *event = receiver->context->event;
	int r = sd_event_add_defer(event, &receiver->slices, on_slice, receiver);

	if (r >= 0)
		r = sd_event_source_set_enabled(receiver->slices, SD_EVENT_OFF);
	/* Whoever has a question comes first. */
	if (r >= 0)
		r = sd_event_source_set_priority(receiver->slices, SD_EVENT_PRIORITY_IDLE);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &receiver->timer, CLOCK_BOOTTIME, 0, 0,
					       on_timer, receiver);
	return r < 0 ? r : start_timer(receiver);
}

static int open_spool(struct receiver *receiver, struct error *error)
{
	const struct config_usage *config = receiver->config;
	_cleanup_free_ char *folder = NULL;

	if (asprintf(&folder, "%s/%s", config->spool, config->name) < 0) {
		folder = NULL;
		return error_set(error, -ENOMEM, "out of memory");
	}
	return spool_open(folder, config->spool_limit, &receiver->spool, error);
}

static int set_up(struct receiver *receiver, struct error *error)
{
	struct delivery_context delivery = {
		.event = receiver->context->event,
		.transfers = receiver->context->transfers,
		.config = receiver->config,
	};
	int r = open_spool(receiver, error);

	delivery.spool = receiver->spool;
	if (r >= 0)
		r = delivery_new(&delivery, &receiver->delivery, error);
	if (r < 0)
		return r;
	r = add_sources(receiver);
	return r < 0 ? error_set(error, r, "cannot set its timer: %s", strerror(-r)) : 0;
}

int receiver_new(const struct receiver_context *context, const struct config_usage *config,
		 struct receiver **ret, struct error *error)
{
	_cleanup_(receiver_freep) struct receiver *receiver = calloc(1, sizeof(*receiver));
	int r;

	if (!receiver)
		return error_set(error, -ENOMEM, "usage %s: out of memory", config->name);
	receiver->context = context;
	receiver->config = config;
	r = set_up(receiver, error);
	if (r < 0)
		return error_prefix(error, r, "usage %s", config->name);
	delivery_wake(receiver->delivery);
	*ret = STEAL(receiver);
	return 0;
}

bool receiver_fits(const struct receiver *receiver, const struct config_usage *config)
{
	const struct config_usage *own = receiver->config;

	return text_same(own->name, config->name) && config_same_link(&own->link, &config->link) &&
	       text_same(own->token_file, config->token_file) &&
	       text_same(own->stream, config->stream) && text_same(own->spool, config->spool);
}

void receiver_adopt(struct receiver *receiver, const struct config_usage *config)
{
	bool same_interval = receiver->config->interval == config->interval;
	int r;

	receiver->config = config;
	spool_set_limit(receiver->spool, config->spool_limit);
	delivery_adopt(receiver->delivery, config);
	r = same_interval ? 0 : start_timer(receiver);
	if (r < 0)
		log_error("usage %s: cannot set its timer: %s", config->name, strerror(-r));
}

struct usage_report receiver_report(const struct receiver *receiver)
{
	const struct delivery_report delivery = delivery_report(receiver->delivery);

	return (struct usage_report){
		.config = receiver->config,
		.sequence = delivery.sequence,
		.delivered = delivery.written,
		.waiting = spool_count(receiver->spool),
		.dropped = spool_dropped(receiver->spool),
		.refused = delivery.refused,
		.errors = delivery.errors,
		.error = receiver->error.text[0] ? receiver->error.text : delivery.error,
	};
}

/* What was being written is lost; its number is not used again. */
void receiver_free(struct receiver *receiver)
{
	if (!receiver)
		return;
	report_clear(&receiver->report);
	close_file(receiver);
	sd_event_source_disable_unref(receiver->slices);
	sd_event_source_disable_unref(receiver->timer);
	delivery_free(receiver->delivery);
	spool_free(receiver->spool);
	free(receiver);
}
