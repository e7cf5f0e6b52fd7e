/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A key-value bucket of NATS JetStream, followed by a thread of its own: what stands in it, and
 * then every change, in order and without gaps, into the event loop. The thread reconnects for
 * ever, goes on at the place it had reached, and reads the whole bucket where that would not be
 * right: the stream was made anew, or holds nothing of that place any more.
 *
 * What a bucket forgets by its own age limit is told by no event: deadlines are the reader's.
 */
#ifndef SMTPFENCE_NATS_BUCKET_H
#define SMTPFENCE_NATS_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "nats/link.h"

struct bucket;

/* How far a bucket was read. */
struct bucket_place {
	uint64_t epoch; /* when its stream was made, ns since 1970; 0: nothing was read */
	uint64_t sequence;
};

enum bucket_entry_type {
	BUCKET_BEGIN, /* connected: a reading begins */
	BUCKET_VALUE,
	BUCKET_DELETED, /* a key */
	BUCKET_END,	/* of what there was when it began: from now on as it happens */
	BUCKET_LOST,	/* the connection, or none was made; a BEGIN follows, sooner or later */
};

struct bucket_entry {
	enum bucket_entry_type type;
	bool whole;		   /* BEGIN: all that is in the bucket; else what is new in it */
	struct bucket_place place; /* with this entry; while a whole reading lasts it is no place
				      to go on from */
	const char *key;	   /* VALUE, DELETED */
	const char *value;	   /* VALUE: not terminated */
	size_t length;
	char *text; /* LOST: why, as struct error */
	void *owner;
};

/* NULL and 0 stand for "none". Everything is copied. */
struct bucket_options {
	struct link_options link;
	const char *bucket;
	const char *domain;	   /* of JetStream, behind a leaf node */
	uint64_t sweep;		   /* s between whole readings, give or take a quarter */
	struct bucket_place place; /* where to go on */
};

/*
 * What has come since the last call, oldest first; what it points to lives as long as the call,
 * which may ask for a sweep, but must not free the bucket.
 */
typedef void (*bucket_fn)(const struct bucket_entry *entries, size_t count, void *userdata);

struct bucket_report {
	bool connected;
	uint64_t contact; /* the server's last word, CLOCK_BOOTTIME ns; 0: none yet */
	uint64_t behind;  /* values that are in the bucket, and were not handed over */
	/* Since the start: */
	uint64_t values;  /* that came, deleted ones included */
	uint64_t wholes;  /* whole readings that began */
	uint64_t resumes; /* readings that went on where the last one had ended */
};

int bucket_new(sd_event *event, const struct bucket_options *options, bucket_fn received,
	       void *userdata, struct bucket **ret, struct error *error);

/* Reads the whole bucket again, now. */
void bucket_sweep(struct bucket *bucket);

/* Hands nothing over until it is paused no more: what comes meanwhile waits. */
void bucket_pause(struct bucket *bucket, bool paused);

struct bucket_report bucket_report(struct bucket *bucket);

/*
 * Waits for the thread, but not for a server that it waits for: after less than a second it is left
 * behind, and ends by itself.
 */
void bucket_free(struct bucket *bucket);
DEFINE_CLEANUP(struct bucket *, bucket_free)

#endif
