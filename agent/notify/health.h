/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How it goes with one receiver: what status tells of it, and when it is tried again. */
#ifndef SMTPFENCE_NOTIFY_HEALTH_H
#define SMTPFENCE_NOTIFY_HEALTH_H

#include "notify/notify.h"

struct health {
	const char *name;	/* of the receiver; borrowed */
	unsigned int failures;	/* in a row */
	uint64_t failing_since; /* CLOCK_BOOTTIME, ns; with failures */
	bool is_local;		/* the last failure was for a reason on this host */
	struct error error;	/* the last one */
	int64_t last_success;	/* s since 1970; 0: none */
	uint64_t deliveries, errors;
};

/* Tells the log when it begins to fail, and when it works again with @pending events behind. */
void health_note_failure(struct health *health, const struct error *error, bool is_local);
void health_note_success(struct health *health, uint64_t pending);

/* How long to wait after a failure, in microseconds. @retry_after: s that it asks for; 0: nothing.
 */
uint64_t health_pause_usec(const struct health *health, uint64_t retry_after);

/* Its part of the report. */
void health_report(const struct health *health, struct notify_report *report);

#endif
