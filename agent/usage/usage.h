/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports of every source's SMTP volume to whoever judges it: every interval one is written,
 * spooled, and delivered to each receiver of the configuration.
 */
#ifndef SMTPFENCE_USAGE_USAGE_H
#define SMTPFENCE_USAGE_USAGE_H

#include <systemd/sd-event.h>

#include "config/config.h"
#include "counters/counters.h"
#include "transfer/transfer.h"

struct usage;

/* What is known of one receiver; strings live until the next event. */
struct usage_report {
	const struct config_usage *config;
	uint64_t sequence; /* of the last report that was delivered; 0: none since the start */
	int64_t delivered; /* when that was written, s since 1970; 0: none since the start */
	uint64_t waiting;  /* reports in the spool */
	uint64_t dropped;  /* since the start: for which the spool had no room */
	uint64_t refused;  /* since the start: that the receiver called bad */
	uint64_t errors;   /* since the start: tries to deliver that failed */
	const char *error; /* NULL: the last report was written, and the last try succeeded */
};

/* @transfers and @counters outlive it; @config, too, or usage_reconfigure follows. */
int usage_new(sd_event *event, struct transfers *transfers, struct counters *counters,
	      const struct config *config, struct usage **ret, struct error *error);

/* Goes over to a new configuration: a receiver that has not changed keeps its state. */
int usage_reconfigure(struct usage *usage, const struct config *config, struct error *error);

size_t usage_count(const struct usage *usage);
struct usage_report usage_report(const struct usage *usage, size_t index);

void usage_free(struct usage *usage);
DEFINE_CLEANUP(struct usage *, usage_free)

#endif
