/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a report gets to its receiver: one at a time, and whoever asked is told what came of it. */
#ifndef SMTPFENCE_USAGE_CARRIER_H
#define SMTPFENCE_USAGE_CARRIER_H

#include <systemd/sd-event.h>

#include "config/config.h"
#include "transfer/transfer.h"
#include "usage/spool.h"

enum carrier_outcome {
	CARRIER_DELIVERED,
	CARRIER_REFUSED, /* it would be the next time, too */
	CARRIER_FAILED,	 /* to be tried again, not before `retry_after` seconds */
};

/* Called once for each carrier_send that succeeded, from the event loop. @error: not if delivered.
 */
typedef void (*carrier_done_fn)(enum carrier_outcome outcome, const struct error *error,
				uint64_t retry_after, void *userdata);

/* All are borrowed and outlive the carrier. */
struct carrier_context {
	sd_event *event;
	struct transfers *transfers;
	const struct config_usage *config;
	carrier_done_fn done;
	void *userdata;
};

/* What every kind has; the first member of its own struct. */
struct carrier {
	const struct carrier_ops *ops;
	struct carrier_context context;
};

struct carrier_ops {
	size_t size; /* of the kind's own struct, zeroed but for its `struct carrier` */
	int (*open)(struct carrier *carrier, struct error *error);
	int (*send)(struct carrier *carrier, const struct spool_report *report, const char *text,
		    struct error *error);
	void (*close)(struct carrier *carrier); /* also after `open` has failed */
};

extern const struct carrier_ops carrier_https; /* carrier_https.c: https:// */
extern const struct carrier_ops carrier_nats;  /* carrier_nats.c: nats://, tls:// */

/* The kind is that of the URL. 0 or a negative errno. */
int carrier_new(const struct carrier_context *context, struct carrier **ret, struct error *error);

/* Goes on with a configuration of the same receiver. */
void carrier_adopt(struct carrier *carrier, const struct config_usage *config);

/* @text is that of @report; both are the caller's. Not while another one is under way. */
int carrier_send(struct carrier *carrier, const struct spool_report *report, const char *text,
		 struct error *error);

/* `done` is not called any more. */
void carrier_free(struct carrier *carrier);
DEFINE_CLEANUP(struct carrier *, carrier_free)

#endif
