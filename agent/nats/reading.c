/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nats/reading.h"

#include <errno.h>

#include "base/clock.h"

/* With heartbeats once a second, libnats has made a lost consumer anew by then. */
#define SILENCE_NS (3 * NSEC_PER_SEC)

void reading_clear_entry(void *entry)
{
	struct bucket_entry *own = entry;

	natsMsg_Destroy(own->owner);
	free(own->text);
}

static int say(struct reading *reading, enum bucket_entry_type type)
{
	struct bucket_entry entry = {
		.type = type, .whole = reading->whole, .place = reading->place};

	return queue_push(reading->queue, &entry);
}

static int complete(struct reading *reading)
{
	reading->complete = true;
	return say(reading, BUCKET_END);
}

/*
 * Subscribing behind the end of a stream succeeds: in one that was made anew, everything up to
 * there would be skipped without a word. In front of its beginning there is nothing to go on from.
 */
static bool reaches(const struct stream_state *state, const struct bucket_place *place)
{
	return place->epoch == state->created && place->sequence <= state->last &&
	       place->sequence + 1 >= state->first;
}

int reading_begin(struct reading *reading, const struct bucket_place *place, bool whole,
		  struct error *error)
{
	struct stream_state state;
	int r = stream_ask(reading->stream, &state, error);

	if (r < 0)
		return r;
	reading->contact = clock_boot_ns();
	reading->whole = whole || !reaches(&state, place);
	reading->place.epoch = state.created;
	reading->place.sequence = reading->whole ? 0 : place->sequence;
	reading->target = state.last;
	r = say(reading, BUCKET_BEGIN);
	if (r < 0)
		return r;
	r = stream_subscribe(reading->stream, reading->whole ? 0 : place->sequence + 1, error);
	if (r < 0 || (state.count > 0 && reading->place.sequence < state.last))
		return r;
	/* No message would ever say that there is none. */
	reading->place.sequence = state.last;
	return complete(reading);
}

/* -ESTALE: it is another stream under the same name. */
static int check_stream(struct reading *reading, struct error *error)
{
	struct stream_state state;
	int r = stream_ask(reading->stream, &state, error);

	if (r < 0)
		return r;
	if (state.created != reading->place.epoch || state.last < reading->place.sequence)
		return error_set(error, -ESTALE, "the bucket was made anew");
	reading->contact = clock_boot_ns();
	return 0;
}

static int hand_over(struct reading *reading, const struct stream_message *message)
{
	struct bucket_entry entry = {
		.type = message->deleted ? BUCKET_DELETED : BUCKET_VALUE,
		.place = reading->place,
		.key = message->key,
		.value = natsMsg_GetData(message->message),
		.length = (size_t)natsMsg_GetDataLength(message->message),
		.owner = message->message,
	};

	reading->values++;
	return queue_push(reading->queue, &entry);
}

static int take(struct reading *reading, const struct stream_message *message, struct error *error)
{
	int r = 0;

	/* From a consumer that libnats has made, perhaps on another stream by now. */
	if (message->number == 1)
		r = check_stream(reading, error);
	/* One made before there was a first message repeats the stream from its beginning. */
	if (r < 0 || message->sequence <= reading->place.sequence) {
		natsMsg_Destroy(message->message);
		return r;
	}
	reading->place.sequence = message->sequence;
	reading->behind = message->behind;
	reading->contact = clock_boot_ns();
	r = hand_over(reading, message);
	if (r < 0 || reading->complete)
		return r;
	return message->pending == 0 || message->sequence >= reading->target ? complete(reading)
									     : 0;
}

/* Quiet is what a bucket may be; it must not be what a lost consumer looks like. */
static int look_after(struct reading *reading, struct error *error)
{
	uint64_t pending;
	int r = check_stream(reading, error);

	if (r >= 0)
		r = stream_pending(reading->stream, &pending, error);
	if (r < 0)
		return r;
	if (pending > 0)
		return error_set(error, -ETIMEDOUT, "%llu values do not arrive",
				 (unsigned long long)pending);
	reading->behind = 0;
	/* The last ones were deleted before they were sent. */
	return reading->complete ? 0 : complete(reading);
}

int reading_step(struct reading *reading, int64_t msec, struct error *error)
{
	struct stream_message message;
	int r = stream_next(reading->stream, msec, &message, error);

	if (r > 0)
		return take(reading, &message, error);
	if (r < 0 || clock_boot_ns() - reading->contact < SILENCE_NS)
		return r;
	return look_after(reading, error);
}
