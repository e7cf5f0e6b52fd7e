/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sentence: policy makes it, the store keeps it, the ledger carries it out. */
#ifndef SMTPFENCE_BASE_SENTENCE_H
#define SMTPFENCE_BASE_SENTENCE_H

#include <stdint.h>

#include "smtpfence/abi.h"

/* OVHcloud's words, in `state`: "unblocked" "blockedForSpam" "unblocking". */
enum sentence_state { SENTENCE_UNBLOCKED, SENTENCE_BLOCKED, SENTENCE_UNBLOCKING };
#define SENTENCE_STATES 3

const char *sentence_state_name(enum sentence_state state);
int sentence_state_parse(const char *text, enum sentence_state *ret); /* -EINVAL */

#define SENTENCE_SOURCE_MAX 64
#define SENTENCE_REASON_MAX 256

/* A source that has, or had, a sentence: one row a prefix. */
struct sentence {
	struct smtpfence_prefix prefix;
	enum sentence_state state;
	uint32_t score;
	int64_t date;	       /* when the last sentence began, s since 1970 */
	uint64_t time;	       /* its whole length, s */
	uint64_t served;       /* CLOCK_BOOTTIME ns of this boot: from then on it ends when asked */
	uint64_t deadline;     /* the same, when it ends by itself; 0: never (release on request) */
	uint32_t offences;     /* this one included */
	int64_t last_end;      /* s since 1970; 0: never ended */
	int64_t last_detected; /* the newest incident that was held against it; 0: none */
	char source[SENTENCE_SOURCE_MAX]; /* feed's name, or "manual" */
	char reason[SENTENCE_REASON_MAX];
};

#endif
