/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a sentence as one table: its state and what happens make its next state, and say
 * what has to be done about it. There is no other way from one state to another.
 */
#ifndef SMTPFENCE_POLICY_TRANSITION_H
#define SMTPFENCE_POLICY_TRANSITION_H

#include "base/sentence.h"

enum policy_event {
	POLICY_NOISE,	/* an incident whose score is too low */
	POLICY_REPEAT,	/* one that was held against the source already, or is paid for */
	POLICY_OFFENCE, /* one that is not */
	POLICY_CLEAR,	/* a score of 0 */
	POLICY_ORDER,	/* blocked by hand */
	POLICY_EARLY,	/* somebody asks for its end before it is served */
	POLICY_RELEASE, /* somebody asks for its end, and it is served */
	POLICY_FORCE,	/* its end, served or not */
	POLICY_FORGIVE, /* the same, and the offence is taken back */
	POLICY_DUE,	/* its deadline has passed */
	POLICY_ALLOW,	/* the allowlist covers the source */
	POLICY_GONE,	/* its entry is confirmed gone from the kernel */
	POLICY_EVENTS
};

enum policy_effect {
	POLICY_BEGINS = 1 << 0,	  /* a sentence begins: one more offence */
	POLICY_REPLACED = 1 << 1, /* it begins anew, for the same offence */
	POLICY_EVIDENCE = 1 << 2, /* what the incident tells is kept */
	POLICY_ENDS = 1 << 3,	  /* it is over: its entry has to leave the kernel */
	POLICY_PARDONED = 1 << 4, /* the offence no longer counts */
	POLICY_FREE = 1 << 5,	  /* its entry has left */
	POLICY_REFUSED = 1 << 6,  /* not yet: nothing changes */
};

struct policy_transition {
	enum sentence_state next;
	unsigned int effects; /* of enum policy_effect; 0: nothing happens */
};

struct policy_transition policy_transition(enum sentence_state state, enum policy_event event);

#endif
