/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a scorer says of one source; feeds bring it, policy judges it, the store keeps it. */
#ifndef SMTPFENCE_BASE_INCIDENT_H
#define SMTPFENCE_BASE_INCIDENT_H

#include <stddef.h>
#include <stdint.h>

#include "smtpfence/abi.h"

/* One mail that was judged to be spam. */
struct evidence {
	int64_t date;			     /* seconds since 1970 */
	struct smtpfence_prefix destination; /* one address; length 0: not told */
	const char *message_id;		     /* may be NULL */
	int64_t spam_score;
};

/* What it points to is its batch's. */
struct incident {
	struct smtpfence_prefix prefix;
	uint32_t score;	    /* 0 clears: it lifts a running sentence */
	int64_t detected;   /* seconds since 1970; 0 only when score is 0 */
	const char *reason; /* may be NULL */
	struct evidence *evidence;
	size_t evidence_count;
};

#endif
