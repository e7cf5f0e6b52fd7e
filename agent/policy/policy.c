/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/policy.h"

#include "base/prefix.h"

#define IPV4_WIDEST 24
#define IPV6_WIDEST 48

/*
 * What was detected before the last sentence ended is paid for. A scorer whose clock runs ahead
 * may repeat an incident that looks newer than that: it is known by its exact time.
 */
static bool is_new(const struct policy_history *history, const struct incident *incident)
{
	return incident->detected > history->last_end &&
	       incident->detected != history->last_detected;
}

static enum policy_ruling rule(const struct config_policy *policy,
			       const struct policy_history *history,
			       const struct incident *incident)
{
	if (incident->score == 0)
		return history->blocked ? POLICY_CLEAR : POLICY_IGNORE;
	if (incident->score < policy->block_score)
		return POLICY_IGNORE;
	if (history->blocked)
		return POLICY_EVIDENCE;
	return is_new(history, incident) ? POLICY_BLOCK : POLICY_IGNORE;
}

struct policy_judgement policy_judge(const struct config_policy *policy,
				     const struct policy_history *history,
				     const struct incident *incident, int64_t now)
{
	struct policy_judgement judgement = {.ruling = rule(policy, history, incident)};
	uint32_t offences;

	if (judgement.ruling != POLICY_BLOCK)
		return judgement;
	offences = policy_offences(policy, history, now);
	judgement.time = policy_time(policy, offences);
	judgement.offences = offences < UINT32_MAX ? offences + 1 : UINT32_MAX;
	return judgement;
}

uint64_t policy_time(const struct config_policy *policy, uint32_t offences)
{
	size_t last = policy->multiplier_count - 1;
	uint64_t time;

	if (__builtin_mul_overflow(policy->duration,
				   policy->multipliers[offences < last ? offences : last], &time))
		time = UINT64_MAX;
	return time < policy->max ? time : policy->max;
}

uint32_t policy_offences(const struct config_policy *policy, const struct policy_history *history,
			 int64_t now)
{
	uint64_t elapsed, forgotten;

	/* A clock that was set back forgets nothing. */
	if (policy->forget_after == 0 || now <= history->last_offence)
		return history->offences;
	/* Unsigned: the distance of two int64_t need not fit one. */
	elapsed = (uint64_t)now - (uint64_t)history->last_offence;
	forgotten = elapsed / policy->forget_after;
	return forgotten < history->offences ? history->offences - (uint32_t)forgotten : 0;
}

static unsigned int ipv6_unit(const struct config_policy *policy,
			      const struct smtpfence_prefix *prefix)
{
	const struct config_ipv6_unit *entry = policy->ipv6_units;

	/* The last one matches everything. */
	while (entry->match.length > 0 && !prefix_contains(&entry->match, prefix))
		entry++;
	return entry->unit;
}

struct smtpfence_prefix policy_unit(const struct config_policy *policy,
				    const struct smtpfence_prefix *prefix)
{
	struct smtpfence_prefix unit = *prefix;

	if (!prefix_is_ipv4(prefix))
		prefix_cut(&unit, ipv6_unit(policy, prefix));
	return unit;
}

bool policy_too_wide(const struct smtpfence_prefix *prefix)
{
	return prefix_family_length(prefix) < (prefix_is_ipv4(prefix) ? IPV4_WIDEST : IPV6_WIDEST);
}
