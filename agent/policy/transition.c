/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/transition.h"

#define STAY(state, effects)                                                                       \
	{                                                                                          \
		SENTENCE_##state, effects                                                          \
	}
#define GO(state, effects) STAY(state, effects)

/*
 * A source that offends while its entry is on the way out is blocked again at once, and what
 * happens to the entry afterwards is no longer the end of a sentence: GONE says nothing then.
 */
static const struct policy_transition table[POLICY_EVENTS][SENTENCE_STATES] = {
	/* clang-format off: a row an event; unblocked, blockedForSpam, unblocking */
	[POLICY_NOISE] = {STAY(UNBLOCKED, 0), STAY(BLOCKED, 0), STAY(UNBLOCKING, 0)},
	[POLICY_REPEAT] = {STAY(UNBLOCKED, 0), STAY(BLOCKED, POLICY_EVIDENCE), STAY(UNBLOCKING, 0)},
	[POLICY_OFFENCE] = {GO(BLOCKED, POLICY_BEGINS | POLICY_EVIDENCE),
			    STAY(BLOCKED, POLICY_EVIDENCE),
			    GO(BLOCKED, POLICY_BEGINS | POLICY_EVIDENCE)},
	[POLICY_CLEAR] = {STAY(UNBLOCKED, 0), GO(UNBLOCKING, POLICY_ENDS), STAY(UNBLOCKING, 0)},
	[POLICY_ORDER] = {GO(BLOCKED, POLICY_BEGINS), STAY(BLOCKED, POLICY_REPLACED),
			  GO(BLOCKED, POLICY_BEGINS)},
	[POLICY_EARLY] = {STAY(UNBLOCKED, 0), STAY(BLOCKED, POLICY_REFUSED), STAY(UNBLOCKING, 0)},
	[POLICY_RELEASE] = {STAY(UNBLOCKED, 0), GO(UNBLOCKING, POLICY_ENDS), STAY(UNBLOCKING, 0)},
	[POLICY_FORCE] = {STAY(UNBLOCKED, 0), GO(UNBLOCKING, POLICY_ENDS), STAY(UNBLOCKING, 0)},
	[POLICY_FORGIVE] = {STAY(UNBLOCKED, 0), GO(UNBLOCKING, POLICY_ENDS | POLICY_PARDONED),
			    STAY(UNBLOCKING, POLICY_PARDONED)},
	[POLICY_DUE] = {STAY(UNBLOCKED, 0), GO(UNBLOCKING, POLICY_ENDS), STAY(UNBLOCKING, 0)},
	[POLICY_ALLOW] = {STAY(UNBLOCKED, 0), GO(UNBLOCKING, POLICY_ENDS), STAY(UNBLOCKING, 0)},
	[POLICY_GONE] = {STAY(UNBLOCKED, 0), STAY(BLOCKED, 0), GO(UNBLOCKED, POLICY_FREE)},
	/* clang-format on */
};

struct policy_transition policy_transition(enum sentence_state state, enum policy_event event)
{
	return table[event][state];
}
