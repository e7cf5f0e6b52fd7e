/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of `type: nats` share. */
#ifndef SMTPFENCE_FEED_NATS_H
#define SMTPFENCE_FEED_NATS_H

#include "feed/beside.h"
#include "feed/reader.h"
#include "nats/bucket.h"

/* A reading that somebody asked for, and that has not come to its end. */
enum nats_asked { NATS_ASKED_NOTHING, NATS_ASKED, NATS_UNDER_WAY };

struct nats {
	struct reader reader;
	struct bucket *bucket;
	sd_event_source *retry;
	enum nats_asked asked;
	unsigned int failures;	  /* batches in a row that were not taken */
	struct feed_batch *batch; /* what comes next; NULL before the first BEGIN */
	struct beside *arranging; /* the one before it is being put in order; NULL: none is */
	uint64_t records;	  /* of the last whole reading, and since */
	bool whole;		  /* a whole reading is under way */
	bool current;		  /* all that there was when the connection was made has come */
	bool broken;		  /* something was not taken: only a whole reading helps */
	struct error bad;	  /* the last value that was skipped; empty: none */
};

/* What comes out of the bucket: a bucket_fn, with the struct nats as userdata. */
void nats_received(const struct bucket_entry *entries, size_t count, void *userdata);

/* Asks for a whole reading, after a while. */
void nats_retry(struct nats *nats);

#endif
