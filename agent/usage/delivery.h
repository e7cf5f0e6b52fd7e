/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Brings what is in a spool to its receiver, oldest first and one at a time, and tries again for as
 * long as it takes. A report may arrive twice (an answer that was lost), never out of order.
 */
#ifndef SMTPFENCE_USAGE_DELIVERY_H
#define SMTPFENCE_USAGE_DELIVERY_H

#include <systemd/sd-event.h>

#include "config/config.h"
#include "transfer/transfer.h"
#include "usage/spool.h"

struct delivery;

/* All are borrowed and outlive it. */
struct delivery_context {
	sd_event *event;
	struct transfers *transfers;
	const struct config_usage *config;
	struct spool *spool;
};

struct delivery_report {
	uint64_t sequence; /* of the last report that was delivered; 0: none yet */
	int64_t written;   /* when that was written, s since 1970; 0: none yet */
	uint64_t refused;  /* reports that the receiver calls bad: they were dropped */
	uint64_t errors;   /* tries that failed */
	const char *error; /* of the last try; NULL: it succeeded */
};

int delivery_new(const struct delivery_context *context, struct delivery **ret,
		 struct error *error);
void delivery_free(struct delivery *delivery);
DEFINE_CLEANUP(struct delivery *, delivery_free)

/* Goes on with a configuration of the same receiver. */
void delivery_adopt(struct delivery *delivery, const struct config_usage *config);

/* To be called when a report was added to the spool, and at the start. */
void delivery_wake(struct delivery *delivery);

struct delivery_report delivery_report(const struct delivery *delivery);

#endif
