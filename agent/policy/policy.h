/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From an incident and a history to a sentence. Pure: no I/O, no clock of its own; the same
 * arguments always give the same answer. Times are seconds since 1970, lengths are seconds.
 */
#ifndef SMTPFENCE_POLICY_POLICY_H
#define SMTPFENCE_POLICY_POLICY_H

#include "base/incident.h"
#include "config/config.h"

/* What is known of a source before the incident. All zero: never heard of. */
struct policy_history {
	bool blocked;	       /* a sentence runs */
	uint32_t offences;     /* sentences so far, not yet lessened by forgetting */
	int64_t last_offence;  /* when the last sentence began; 0: never */
	int64_t last_end;      /* when it ended or was lifted; 0: never */
	int64_t last_detected; /* `detected` of the incident that caused it; 0: none */
};

enum policy_ruling {
	POLICY_IGNORE,	 /* score too low, or already paid for */
	POLICY_EVIDENCE, /* a sentence runs: keep the evidence, extend nothing */
	POLICY_BLOCK,	 /* a sentence begins */
	POLICY_CLEAR,	 /* score 0 lifts the running sentence */
};

struct policy_judgement {
	enum policy_ruling ruling;
	uint64_t time;	   /* POLICY_BLOCK: the whole length of the sentence, s */
	uint32_t offences; /* POLICY_BLOCK: this one included, forgotten ones taken off */
};

struct policy_judgement policy_judge(const struct config_policy *policy,
				     const struct policy_history *history,
				     const struct incident *incident, int64_t now);

/* duration x multipliers[min(offences, last)], saturating, capped by max. */
uint64_t policy_time(const struct config_policy *policy, uint32_t offences);

/* Offences that still count at @now: one is forgotten per forget_after since the last one. */
uint32_t policy_offences(const struct config_policy *policy, const struct policy_history *history,
			 int64_t now);

/* The prefix that a sentence for @prefix is for: an IPv6 source is cut to its unit. */
struct smtpfence_prefix policy_unit(const struct config_policy *policy,
				    const struct smtpfence_prefix *prefix);

/* Wider than /24 (IPv4) or /48 (IPv6): never blocked without somebody's word. */
bool policy_too_wide(const struct smtpfence_prefix *prefix);

#endif
