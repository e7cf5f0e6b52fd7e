/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to a stream of NATS JetStream, one at a time: a thread of its own sends each and waits
 * until the stream has stored it; the event loop is told what came of it. The connection stays open
 * from one message to the next, and is made anew when it is gone.
 */
#ifndef SMTPFENCE_NATS_PUBLISHER_H
#define SMTPFENCE_NATS_PUBLISHER_H

#include <stddef.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "nats/link.h"

struct publisher;

/* NULL stands for "none". Everything is copied. */
struct publisher_options {
	struct link_options link;
	const char *stream;
	const char *domain; /* of JetStream, behind a leaf node */
};

/*
 * @code 0: the stream holds the message. Otherwise a negative errno as of link_error, and @error;
 * -EMSGSIZE: the server takes none that large. It may send the next one, but must not free the
 * publisher.
 */
typedef void (*publisher_done_fn)(int code, const struct error *error, void *userdata);

int publisher_new(sd_event *event, const struct publisher_options *options, publisher_done_fn done,
		  void *userdata, struct publisher **ret, struct error *error);

/*
 * Sends @data to @subject; of messages with the same @id the stream keeps one, as long as it
 * remembers (its duplicate window). `done` is called once, from the event loop. Not while another
 * one is under way. 0 or -ENOMEM.
 */
int publisher_send(struct publisher *publisher, const char *subject, const char *id,
		   const void *data, size_t size, struct error *error);

/* Waits for nobody: a message that is under way may still arrive; `done` is not called. */
void publisher_free(struct publisher *publisher);
DEFINE_CLEANUP(struct publisher *, publisher_free)

#endif
