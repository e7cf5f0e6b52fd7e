/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Usage metrics of a remediation component, which is CrowdSec's word for what enforces decisions:
 * POST /v1/usage-metrics. Servers before 1.6.3 do not offer them.
 */
#ifndef SMTPFENCE_FEED_REMEDIATION_H
#define SMTPFENCE_FEED_REMEDIATION_H

#include "feed/decision_table.h"
#include "feed/reader.h"

/* All zero at the start. */
struct remediation {
	struct transfer *transfer; /* under way, or NULL */
	const char *name;	   /* of the feed it was sent for */
	uint64_t due;		   /* CLOCK_BOOTTIME, ns; 0: at once */
	int64_t started;	   /* s since 1970, when the first was due */
	int64_t told, telling;	   /* the ends of the last window and of the one under way */
};

/*
 * To be called when @reader has taken over an answer, which left @table: tells the server what is
 * in force if it is time to.
 */
void remediation_tell(struct remediation *remediation, const struct reader *reader,
		      const struct decision_table *table);

void remediation_stop(struct remediation *remediation);

#endif
