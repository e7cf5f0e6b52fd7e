/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens to a sentence, and what it costs. Pure: no I/O, no clock of its own; the same
 * arguments always give the same answer. Times are seconds since 1970, lengths are seconds.
 */
#ifndef SMTPFENCE_POLICY_POLICY_H
#define SMTPFENCE_POLICY_POLICY_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/incident.h"
#include "config/config.h"
#include "policy/transition.h"

/* What happens to a source. */
struct policy_case {
	enum policy_event event;
	const struct incident *incident; /* of REPEAT and OFFENCE */
	uint64_t time;			 /* of ORDER: how long, s; 0: as the offences say */
};

/* What an incident is to the source: NOISE, REPEAT, OFFENCE or CLEAR. */
struct policy_case policy_weigh(const struct config_policy *policy, const struct sentence *sentence,
				const struct incident *incident, const struct moment *now);

/* What a request for a sentence's end is: EARLY, RELEASE, FORCE or FORGIVE. */
struct policy_case policy_hear(const struct sentence *sentence, bool force, bool forgive,
			       const struct moment *now);

/*
 * Takes @sentence (all zero but its prefix: never heard of) through what happens, and returns the
 * effects: enum policy_effect. Source and reason of one that begins are left to the caller.
 */
unsigned int policy_step(const struct config_policy *policy, struct sentence *sentence,
			 const struct policy_case *happens, const struct moment *now);

/* Seconds until a running sentence is served, rounded up. */
uint64_t policy_left(const struct sentence *sentence, const struct moment *now);

/* duration x multipliers[min(offences, last)], saturating, capped by max. */
uint64_t policy_time(const struct config_policy *policy, uint32_t offences);

/* Offences that still count at @now: one is forgotten per forget_after since the last one. */
uint32_t policy_offences(const struct config_policy *policy, const struct sentence *sentence,
			 int64_t now);

/* The prefix that a sentence for @prefix is for: an IPv6 source is cut to its unit. */
struct smtpfence_prefix policy_unit(const struct config_policy *policy,
				    const struct smtpfence_prefix *prefix);

#endif
