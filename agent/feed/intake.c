/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/intake.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/prefix.h"

/* After what somebody waits for: requests, deadlines. */
#define PRIORITY (SD_EVENT_PRIORITY_NORMAL + 20)

static void end_work(struct reader *reader)
{
	struct intake *intake = &reader->intake;

	intake->source = sd_event_source_disable_unref(intake->source);
	if (intake->work)
		reader->context->target->end(STEAL(intake->work));
}

static bool same_incidents(const struct feed_batch *a, const struct feed_batch *b)
{
	for (size_t i = 0; i < a->incident_count; i++) {
		const struct incident *first = &a->incidents[i], *second = &b->incidents[i];

		if (prefix_compare(&first->prefix, &second->prefix) != 0 ||
		    first->score != second->score || first->detected != second->detected)
			return false;
	}
	return true;
}

static bool same_listings(const struct feed_batch *a, const struct feed_batch *b)
{
	for (size_t i = 0; i < a->listing_count; i++)
		if (prefix_compare(&a->listings[i].prefix, &b->listings[i].prefix) != 0)
			return false;
	for (size_t i = 0; i < a->removed_count; i++)
		if (prefix_compare(&a->removed[i], &b->removed[i]) != 0)
			return false;
	return true;
}

/* Whether they do the same. Ends are left out: with each reading they are counted anew. */
static bool same_content(const struct feed_batch *a, const struct feed_batch *b)
{
	return a->delta == b->delta && a->serial == b->serial &&
	       a->incident_count == b->incident_count && a->listing_count == b->listing_count &&
	       a->removed_count == b->removed_count && same_incidents(a, b) && same_listings(a, b);
}

/* The same reading once more is the one that was reported. */
static void hold(struct reader *reader, struct feed_batch *batch)
{
	struct intake *intake = &reader->intake;

	if (!intake->held || !same_content(intake->held, batch))
		reader->report.held = ++intake->holds;
	feed_batch_free(intake->held);
	intake->held = batch;
}

static void forget_held(struct reader *reader)
{
	feed_batch_free(STEAL(reader->intake.held));
	reader->report.held = 0;
}

static void note_records(struct reader *reader, const struct feed_batch *batch)
{
	struct feed_progress progress = reader->context->target->progress(reader->intake.work);

	reader->report.serial = batch->serial;
	reader->report.records = progress.records;
}

static void finish(struct reader *reader, int code, const struct error *error)
{
	struct intake *intake = &reader->intake;
	struct feed_batch *batch = STEAL(intake->batch);

	if (code >= 0)
		note_records(reader, batch);
	else
		reader->report.errors_apply++;
	end_work(reader);
	if (code == -EBUSY) {
		hold(reader, batch);
	} else {
		forget_held(reader);
		feed_batch_free(batch);
	}
	intake->done(code, error, intake->userdata);
}

/* Returns whether there is more to do. */
static bool step(struct reader *reader)
{
	struct error error = {};
	int r = reader->context->target->step(reader->intake.work, &error);

	if (r > 0)
		return true;
	finish(reader, r, &error);
	return false;
}

static int on_turn(sd_event_source *source, void *userdata)
{
	(void)source;
	step(userdata);
	return 0;
}

static int go_on_later(struct reader *reader)
{
	struct intake *intake = &reader->intake;
	int r = sd_event_add_defer(reader->context->event, &intake->source, on_turn, reader);

	if (r >= 0)
		r = sd_event_source_set_priority(intake->source, PRIORITY);
	if (r >= 0)
		r = sd_event_source_set_enabled(intake->source, SD_EVENT_ON);
	return r;
}

/* The first step at once: for most batches it is the only one. */
static void take(struct reader *reader, struct feed_batch *batch, bool unguarded,
		 intake_done_fn done, void *userdata)
{
	const struct reader_context *context = reader->context;
	struct intake *intake = &reader->intake;
	struct error error = {};
	int r;

	if (intake_is_busy(reader)) {
		error_set(&error, -EAGAIN, "what is held of it is being applied");
		feed_batch_free(batch);
		done(-EAGAIN, &error, userdata);
		return;
	}
	intake->batch = batch;
	intake->done = done;
	intake->userdata = userdata;
	r = context->target->begin(reader->report.config, batch, unguarded, context->userdata,
				   &intake->work, &error);
	if (r < 0) {
		finish(reader, r, &error);
		return;
	}
	if (!step(reader))
		return;
	r = go_on_later(reader);
	if (r < 0) {
		error_set(&error, r, "cannot go on: %s", strerror(-r));
		finish(reader, r, &error);
	}
}

void intake_take(struct reader *reader, struct feed_batch *batch, intake_done_fn done,
		 void *userdata)
{
	take(reader, batch, false, done, userdata);
}

bool intake_is_busy(const struct reader *reader)
{
	return reader->intake.batch != NULL;
}

int intake_take_held(struct reader *reader, uint64_t held, intake_done_fn done, void *userdata,
		     struct error *error)
{
	const char *name = reader->report.config->name;
	struct intake *intake = &reader->intake;

	if (reader_report(reader).busy)
		return error_set(error, -EBUSY, "feed %s is being applied: wait for it", name);
	if (!intake->held)
		return error_set(error, -ENOENT, "feed %s: nothing of it is held", name);
	if (held != reader->report.held)
		return error_set(
			error, -ESTALE,
			"feed %s has changed since: see `smtpfence feeds` for what is held "
			"now",
			name);
	reader->report.held = 0;
	take(reader, STEAL(intake->held), true, done, userdata);
	return 0;
}

void intake_clear(struct reader *reader)
{
	end_work(reader);
	feed_batch_free(STEAL(reader->intake.batch));
	forget_held(reader);
}
