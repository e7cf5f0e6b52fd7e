/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The JetStream stream behind a key-value bucket (ADR-8 of NATS: stream KV_BUCKET, subjects
 * $KV.BUCKET.KEY), followed over a connection of its own. All calls wait for the network.
 */
#ifndef SMTPFENCE_NATS_STREAM_H
#define SMTPFENCE_NATS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nats/link.h"

struct stream;

/* What the server says of the stream. */
struct stream_state {
	uint64_t created;     /* ns since 1970: another one is another stream */
	uint64_t first, last; /* sequences; of an empty stream the first is behind the last */
	uint64_t count;	      /* messages */
};

/* One message; @message owns the rest. */
struct stream_message {
	natsMsg *message;
	const char *key;
	bool deleted;	   /* the key was: there is no value */
	uint64_t sequence; /* in the stream */
	uint64_t number;   /* of the consumer's: 1 is the first of a new one */
	uint64_t pending;  /* how many the server had behind it when it was sent */
	uint64_t behind;   /* those, and what has arrived since */
};

/* @domain: of JetStream, behind a leaf node; NULL: the server's own. */
int stream_open(const struct link *link, const char *bucket, const char *domain,
		struct stream **ret, struct error *error);

int stream_ask(struct stream *stream, struct stream_state *ret, struct error *error);

/*
 * Messages from the sequence @from on, or, for 0, the last one of each key. Once a stream_open.
 */
int stream_subscribe(struct stream *stream, uint64_t from, struct error *error);

/* 1: @ret is the next message, and the caller's; 0: none for @msec; negative errno: it is over. */
int stream_next(struct stream *stream, int64_t msec, struct stream_message *ret,
		struct error *error);

/* How many messages the server has yet to send; all that came were taken. Negative errno. */
int stream_pending(struct stream *stream, uint64_t *ret, struct error *error);

void stream_close(struct stream *stream);
DEFINE_CLEANUP(struct stream *, stream_close)

#endif
