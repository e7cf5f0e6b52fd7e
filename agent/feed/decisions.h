/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An answer of CrowdSec's local API to GET /v1/decisions/stream: {"new": […], "deleted": […]}.
 * It tells changes, or with startup=true all that is in force.
 */
#ifndef SMTPFENCE_FEED_DECISIONS_H
#define SMTPFENCE_FEED_DECISIONS_H

#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "smtpfence/abi.h"

enum decision_scope { DECISION_IP = 1 << 0, DECISION_RANGE = 1 << 1 };

/* Which decisions are ours. */
struct decision_filter {
	unsigned int scopes;	  /* of enum decision_scope */
	const char *const *types; /* "ban" and what else blocks; compared without regard to case */
	size_t type_count;
};

/*
 * By scope, type and value the server tells decisions apart: of several it names the longest, and
 * the end of none that is outlasted by another.
 */
struct decision {
	struct smtpfence_prefix prefix;
	uint32_t kind; /* scope and type */
	int64_t until; /* s since 1970 by our clock, rounded up */
};

/* How many have begun that are not for us. */
struct decision_others {
	uint64_t scopes, types, simulated;
};

/* Both lists are sorted by decision_compare, without duplicates. */
struct decisions {
	struct decision *begun, *ended; /* what is in both has begun; `until` is 0 in `ended` */
	size_t begun_count, ended_count;
	struct decision_others others;
};

/* By prefix, then by kind. <0, 0, >0. */
int decision_compare(const struct decision *a, const struct decision *b);

/*
 * Reads @stream to its end; what a decision has left counts from @now (s since 1970), and one that
 * has nothing left has ended. @name stands in errors. 0; -EBADMSG: not a whole answer, or a
 * bad decision in it; -EIO; -ENOMEM.
 */
int decisions_read(FILE *stream, const char *name, const struct decision_filter *filter,
		   int64_t now, struct decisions **ret, struct error *error);

void decisions_free(struct decisions *decisions);
DEFINE_CLEANUP(struct decisions *, decisions_free)

#endif
