/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the table's effects do to a sentence. */
#include "policy/weigh.h"

/* A time on the boot's clock that still fits the store's signed column. */
static uint64_t after(uint64_t boot, uint64_t seconds)
{
	uint64_t most = (INT64_MAX - boot) / NSEC_PER_SEC;

	return boot + (seconds < most ? seconds : most) * NSEC_PER_SEC;
}

static uint64_t length_of(const struct config_policy *policy, const struct sentence *sentence,
			  const struct policy_case *happens)
{
	uint32_t before = sentence->offences > 0 ? sentence->offences - 1 : 0;

	if (happens->time == 0)
		return policy_time(policy, before);
	return happens->time < policy->max ? happens->time : policy->max;
}

static void begin(const struct config_policy *policy, struct sentence *sentence,
		  const struct policy_case *happens, const struct moment *now)
{
	sentence->date = now->wall;
	sentence->time = length_of(policy, sentence, happens);
	sentence->served = after(now->boot, sentence->time);
	sentence->deadline = policy->release == CONFIG_RELEASE_ON_REQUEST ? 0 : sentence->served;
}

static void count_offence(const struct config_policy *policy, struct sentence *sentence,
			  int64_t now)
{
	uint32_t offences = policy_offences(policy, sentence, now);

	sentence->offences = offences < UINT32_MAX ? offences + 1 : UINT32_MAX;
	sentence->score = 0;
}

static void hold_against(struct sentence *sentence, const struct incident *incident,
			 const struct moment *now)
{
	if (incident->score > sentence->score)
		sentence->score = incident->score;
	if (policy_is_newer(sentence, incident->detected, now))
		sentence->last_detected = incident->detected;
}

/* A sentence that is lifted early ends now, and one that is found late has ended in time. */
static int64_t end_of(const struct sentence *sentence, int64_t now)
{
	if (sentence->date > now || sentence->time > (uint64_t)now - (uint64_t)sentence->date)
		return now;
	return sentence->date + (int64_t)sentence->time;
}

unsigned int policy_step(const struct config_policy *policy, struct sentence *sentence,
			 const struct policy_case *happens, const struct moment *now)
{
	const struct policy_transition transition =
		policy_transition(sentence->state, happens->event);
	unsigned int effects = transition.effects;

	if (effects & POLICY_BEGINS)
		count_offence(policy, sentence, now->wall);
	if (effects & (POLICY_BEGINS | POLICY_REPLACED))
		begin(policy, sentence, happens, now);
	if (effects & POLICY_EVIDENCE)
		hold_against(sentence, happens->incident, now);
	if (effects & POLICY_ENDS)
		sentence->last_end = end_of(sentence, now->wall);
	if (effects & POLICY_PARDONED && sentence->offences > 0)
		sentence->offences--;
	sentence->state = transition.next;
	return effects;
}
