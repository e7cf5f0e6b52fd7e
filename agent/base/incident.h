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
	char *message_id;		     /* owned, may be NULL */
	int64_t spam_score;
};

struct incident {
	struct smtpfence_prefix prefix;
	uint32_t score;		   /* 0 clears: it lifts a running sentence */
	int64_t detected;	   /* seconds since 1970; 0 only when score is 0 */
	char *reason;		   /* owned, may be NULL */
	struct evidence *evidence; /* owned */
	size_t evidence_count;
};

/* Frees what @incident owns, not itself, and leaves it empty. */
void incident_clear(struct incident *incident);

#endif
