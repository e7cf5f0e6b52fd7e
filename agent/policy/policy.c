/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a sentence costs, and whom it is for. */
#include "policy/policy.h"

#include "base/prefix.h"

uint64_t policy_time(const struct config_policy *policy, uint32_t offences)
{
	size_t last = policy->multiplier_count - 1;
	uint64_t time;

	if (__builtin_mul_overflow(policy->duration,
				   policy->multipliers[offences < last ? offences : last], &time))
		time = UINT64_MAX;
	return time < policy->max ? time : policy->max;
}

uint32_t policy_offences(const struct config_policy *policy, const struct sentence *sentence,
			 int64_t now)
{
	uint64_t elapsed, forgotten;

	/* A clock that was set back forgets nothing. */
	if (policy->forget_after == 0 || now <= sentence->date)
		return sentence->offences;
	/* Unsigned: the distance of two int64_t need not fit one. */
	elapsed = (uint64_t)now - (uint64_t)sentence->date;
	forgotten = elapsed / policy->forget_after;
	return forgotten < sentence->offences ? sentence->offences - (uint32_t)forgotten : 0;
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
