/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report: what every source has sent, as the kernel has counted it since the boot. Its form is
 * in smtpfence-usage(7). It is written in slices, between which the daemon does other things.
 */
#ifndef SMTPFENCE_USAGE_REPORT_H
#define SMTPFENCE_USAGE_REPORT_H

#include <stdio.h>

#include "counters/counters.h"
#include "usage/window.h"

struct report {
	FILE *out; /* borrowed; NULL: none is being written */
	struct counters_source *sources;
	size_t count, next;
};

/* Reads the counters, and begins to write. 0 or a negative errno; then nothing is to be cleared. */
int report_begin(struct report *report, struct counters *counters, const struct window *window,
		 FILE *out, struct error *error);

/* Writes the next slice. 1: there is more; 0: the report is whole; negative errno. */
int report_go_on(struct report *report, struct error *error);

void report_clear(struct report *report);

#endif
