/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One reading of a bucket: over one connection, from a place on, or whole. */
#ifndef SMTPFENCE_NATS_READING_H
#define SMTPFENCE_NATS_READING_H

#include "nats/bucket.h"
#include "nats/queue.h"
#include "nats/stream.h"

struct reading {
	struct stream *stream;	   /* the caller's */
	struct queue *queue;	   /* of struct bucket_entry */
	struct bucket_place place; /* how far it has come */
	bool whole;
	bool complete;	  /* END was said */
	uint64_t target;  /* sequence up to which it is not complete */
	uint64_t contact; /* CLOCK_BOOTTIME, ns */
	uint64_t behind;  /* values that are to come, as far as is known */
	uint64_t values;
};

/*
 * Says BEGIN: at @place if the stream is still the same and reaches there, else, or for @whole,
 * of everything.
 */
int reading_begin(struct reading *reading, const struct bucket_place *place, bool whole,
		  struct error *error);

/*
 * Hands over the next message, if one comes within @msec, and looks after the stream when none
 * does for long. A negative errno ends the reading; -ECANCELED: the queue is closed.
 */
int reading_step(struct reading *reading, int64_t msec, struct error *error);

/* Releases what an entry owns: a queue_clear_fn. */
void reading_clear_entry(void *entry);

#endif
