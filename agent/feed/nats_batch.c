/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Batches out of a bucket. A whole reading is one snapshot; after it, and after a resumption,
 * whatever comes in one turn of the event loop is one delta. Where the last one that was taken over
 * has ended is in the store, and is where the next start goes on.
 */
#include "feed/nats.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "base/text.h"
#include "feed/arrange.h"
#include "feed/beside.h"
#include "feed/intake.h"
#include "feed/nats_value.h"

#define KEY_SHOWN 64

/* What follows would leave a gap: until the whole bucket is read again, nothing more is taken. */
static void give_up(struct nats *nats, int code, const struct error *error)
{
	nats->broken = true;
	nats->asked = NATS_ASKED_NOTHING;
	reader_fail(&nats->reader, code, error);
	nats_retry(nats);
}

/* The next batch builds on the place where the last one has ended, or is a whole reading. */
static void begin_batch(struct nats *nats, uint64_t epoch, uint64_t base)
{
	struct feed_batch *batch = calloc(1, sizeof(*batch));

	if (!batch) {
		give_up(nats, -ENOMEM, &(struct error){"out of memory"});
		return;
	}
	batch->kind = CONFIG_FEED_SCORES;
	batch->delta = !nats->whole;
	batch->epoch = epoch;
	batch->base = batch->serial = base;
	feed_batch_free(nats->batch);
	nats->batch = batch;
}

static void flush(struct nats *nats);

static void on_taken(int code, const struct error *error, void *userdata)
{
	struct nats *nats = userdata;

	bucket_pause(nats->bucket, false);
	if (code < 0) {
		give_up(nats, code, error);
		return;
	}
	nats->reader.report.records = nats->records;
	nats->failures = 0;
	sd_event_source_set_enabled(nats->retry, SD_EVENT_OFF);
	flush(nats);
}

static void arrange(void *work)
{
	incidents_arrange(work);
}

static void on_arranged(void *work, void *userdata)
{
	struct nats *nats = userdata;

	nats->arranging = NULL;
	intake_take(&nats->reader, work, on_taken, nats);
}

static void forget(void *work)
{
	feed_batch_free(work);
}

/* A large one is put in order beside the event loop. */
static void hand_over(struct nats *nats, struct feed_batch *batch)
{
	static const struct beside_ops ops = {.run = arrange, .done = on_arranged, .free = forget};

	if (batch->incident_count > ARRANGE_KEPT &&
	    beside_start(nats->reader.context->event, &ops, batch, nats, &nats->arranging) >= 0)
		return;
	intake_take(&nats->reader, batch, on_taken, nats);
}

/* Meanwhile the next one begins where this one ends; the bucket waits, so that it stays small. */
static void take_over(struct nats *nats)
{
	struct feed_batch *batch = STEAL(nats->batch);
	uint64_t epoch = batch->epoch, serial = batch->serial;

	nats->records = nats->whole ? batch->incident_count : nats->records + batch->incident_count;
	nats->whole = false;
	begin_batch(nats, epoch, serial);
	bucket_pause(nats->bucket, true);
	hand_over(nats, batch);
}

/*
 * What has come of changes goes into force; of a whole reading nothing does before its end. Who is
 * up to date then, is so with success.
 */
static void flush(struct nats *nats)
{
	if (nats->broken || !nats->batch || nats->arranging || intake_is_busy(&nats->reader) ||
	    (nats->whole && !nats->current))
		return;
	if (nats->current && nats->asked == NATS_UNDER_WAY)
		nats->asked = NATS_ASKED_NOTHING;
	if (nats->whole || nats->batch->serial != nats->batch->base)
		take_over(nats);
	else if (nats->current)
		reader_succeed(&nats->reader);
}

/* Whether a reading that was resumed goes on where the next batch ends. */
static bool goes_on(const struct nats *nats, const struct bucket_entry *entry)
{
	return !entry->whole && nats->batch && nats->batch->epoch == entry->place.epoch &&
	       nats->batch->serial == entry->place.sequence;
}

static void begin(struct nats *nats, const struct bucket_entry *entry)
{
	flush(nats);
	nats->current = false;
	if (nats->asked == NATS_ASKED)
		nats->asked = NATS_UNDER_WAY;
	if (goes_on(nats, entry))
		return;
	nats->whole = entry->whole;
	if (entry->whole) {
		nats->broken = false;
		nats->bad.text[0] = '\0';
	} else {
		nats->reader.report.serial = entry->place.sequence; /* by an earlier run */
	}
	begin_batch(nats, entry->place.epoch, entry->place.sequence);
}

/* One value must not stop all the others, on all the hosts. */
static void skip(struct nats *nats, const struct bucket_entry *entry, int code, struct error *error)
{
	char key[KEY_SHOWN];

	snprintf(key, sizeof(key), "%s", entry->key);
	text_make_printable(key);
	error_prefix(error, code, "%s", key);
	nats->reader.report.errors_parse++;
	if (strcmp(error->text, nats->bad.text) != 0)
		log_warning("feed %s: skipped: %s", nats->reader.report.config->name, error->text);
	nats->bad = *error;
}

static int add_incident(struct feed_batch *batch, const struct incident *incident)
{
	struct incident *items =
		array_grow(batch->incidents, batch->incident_count, sizeof(*items));

	if (!items)
		return -ENOMEM;
	batch->incidents = items;
	items[batch->incident_count++] = *incident;
	return 0;
}

static void take_value(struct nats *nats, const struct bucket_entry *entry)
{
	struct error error = {""};
	struct incident incident;
	int r = nats_value_parse(entry->key, entry->value, entry->length, &nats->batch->texts,
				 &incident, &error);

	if (r == -EBADMSG) {
		skip(nats, entry, r, &error);
		return;
	}
	if (r >= 0 && add_incident(nats->batch, &incident) < 0)
		r = error_set(&error, -ENOMEM, "out of memory");
	if (r < 0)
		give_up(nats, r, &error);
}

static void end(struct nats *nats)
{
	nats->current = true;
	flush(nats);
}

static void lose(struct nats *nats, const struct bucket_entry *entry)
{
	struct error error = {""};

	snprintf(error.text, sizeof(error.text), "%s", entry->text ? entry->text : "out of memory");
	nats->current = false;
	nats->asked = NATS_ASKED_NOTHING;
	nats->reader.report.errors_connect++;
	if (!nats->broken)
		reader_fail(&nats->reader, -EIO, &error);
}

static void take(struct nats *nats, const struct bucket_entry *entry)
{
	switch (entry->type) {
	case BUCKET_BEGIN:
		begin(nats, entry);
		return;
	case BUCKET_LOST:
		lose(nats, entry);
		return;
	case BUCKET_VALUE:
	case BUCKET_DELETED: /* its sentence stays, and ends by itself: a score of 0 lifts one */
	case BUCKET_END:
		break;
	}
	if (nats->broken || !nats->batch)
		return;
	nats->batch->serial = entry->place.sequence;
	if (entry->type == BUCKET_VALUE)
		take_value(nats, entry);
	else if (entry->type == BUCKET_END)
		end(nats);
}

void nats_received(const struct bucket_entry *entries, size_t count, void *userdata)
{
	struct nats *nats = userdata;

	for (size_t i = 0; i < count; i++)
		take(nats, &entries[i]);
	flush(nats);
}
