/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens: from an incident, or a request, to an event of the table. */
#include "policy/weigh.h"

#define SECONDS_PER_DAY 86400

/*
 * What was detected later than a day from now has a date that cannot be trusted: whoever sent it
 * must not be safe until that day. Among such incidents the later one is the newer one.
 */
static bool is_sane(int64_t time, int64_t now)
{
	return time <= now || (uint64_t)time - (uint64_t)now <= SECONDS_PER_DAY;
}

bool policy_is_newer(const struct sentence *sentence, int64_t detected, const struct moment *now)
{
	if (detected >= sentence->last_detected)
		return detected > sentence->last_detected;
	return !is_sane(sentence->last_detected, now->wall) && is_sane(detected, now->wall);
}

/*
 * An end that lies in the future was told by a clock that has been set back since. It says nothing,
 * unless the scorer's word lies there as well: then it is our clock that is wrong now.
 */
static bool is_paid_for(const struct sentence *sentence, int64_t detected, const struct moment *now)
{
	if (!is_sane(sentence->last_end, now->wall) && is_sane(sentence->last_detected, now->wall))
		return false;
	return detected <= sentence->last_end;
}

struct policy_case policy_weigh(const struct config_policy *policy, const struct sentence *sentence,
				const struct incident *incident, const struct moment *now)
{
	struct policy_case happens = {.event = POLICY_REPEAT, .incident = incident};

	if (incident->score == 0)
		happens.event = POLICY_CLEAR;
	else if (incident->score < policy->block_score)
		happens.event = POLICY_NOISE;
	else if (!is_paid_for(sentence, incident->detected, now) &&
		 policy_is_newer(sentence, incident->detected, now))
		happens.event = POLICY_OFFENCE;
	return happens;
}

uint64_t policy_left(const struct sentence *sentence, const struct moment *now)
{
	return clock_seconds_left(sentence->served, now->boot);
}

struct policy_case policy_hear(const struct sentence *sentence, bool force, bool forgive,
			       const struct moment *now)
{
	if (forgive)
		return (struct policy_case){.event = POLICY_FORGIVE};
	if (policy_left(sentence, now) == 0)
		return (struct policy_case){.event = POLICY_RELEASE};
	return (struct policy_case){.event = force ? POLICY_FORCE : POLICY_EARLY};
}
