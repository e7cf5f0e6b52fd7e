/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports of a window: what every source has sent, as the kernel has counted it since the boot.
 * Their form is in smtpfence-usage(7). Many sources make several reports, none of which is larger
 * than a message to a NATS server may be. They are written in slices, between which the daemon does
 * other things.
 */
#ifndef SMTPFENCE_USAGE_REPORT_H
#define SMTPFENCE_USAGE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "counters/counters.h"
#include "usage/window.h"

struct report {
	struct counters_source *sources; /* owned */
	size_t count;
	size_t begin, end, next; /* of the report that is being written */
	FILE *out;		 /* borrowed */
};

/* Reads the counters. 0 or a negative errno; then nothing is to be cleared. */
int report_read(struct report *report, struct counters *counters, struct error *error);

/* Begins to write the next report to @out. 0 or -ENOMEM. */
int report_begin(struct report *report, const struct window *window, FILE *out,
		 struct error *error);

/* Writes the next slice of it. 1: there is more; 0: the report is whole; -ENOMEM. */
int report_go_on(struct report *report, struct error *error);

/* Whether sources are left for another report. */
bool report_is_last(const struct report *report);

void report_clear(struct report *report);

#endif
