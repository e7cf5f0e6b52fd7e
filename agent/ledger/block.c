/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocked by hand. */
#include <errno.h>
#include <stdio.h>

#include "base/prefix.h"
#include "ledger/change.h"
#include "ledger/requests.h"
#include "policy/policy.h"

const char *actor_format(const struct ledger_actor *actor, char text[ACTOR_TEXT_MAX])
{
	snprintf(text, ACTOR_TEXT_MAX, SOURCE_MANUAL " uid=%u", actor->uid);
	return text;
}

static int check(const struct ledger *ledger, const struct smtpfence_prefix *unit,
		 const struct ledger_block_request *request, struct error *error)
{
	char text[PREFIX_TEXT_MAX], max[DURATION_TEXT_MAX];
	const struct config_policy *policy = &ledger->config->policy;

	prefix_format(unit, text);
	if (allowlist_covers(&ledger->allow, &request->prefix) ||
	    allowlist_covers(&ledger->allow, unit))
		return error_set(error, -EEXIST, "%s is on the allowlist: take it off there first",
				 text);
	if (policy_too_wide(unit) && !request->force)
		return error_set(error, -EDOM,
				 "%s is wider than /24 (IPv4) or /48 (IPv6): blocked only with "
				 "--force",
				 text);
	if (request->time > policy->max)
		return error_set(error, -ERANGE, "longer than policy.max, which is %s",
				 duration_format(policy->max, max));
	return 0;
}

/* One that replaces a running sentence is the same offence. */
static void count_offence(const struct config_policy *policy, struct sentence *sentence,
			  int64_t now)
{
	const struct policy_history history = {.offences = sentence->offences,
					       .last_offence = sentence->date,
					       .last_end = sentence->last_end};

	if (sentence->state != SENTENCE_BLOCKED || sentence->offences == 0)
		sentence->offences = policy_offences(policy, &history, now) + 1;
}

static void fill_sentence(const struct change *change, const struct ledger_block_request *request,
			  struct sentence *sentence)
{
	const struct config_policy *policy = &change->ledger->config->policy;

	if (sentence->state != SENTENCE_BLOCKED) {
		sentence->score = 0;
		sentence->last_detected = 0;
	}
	count_offence(policy, sentence, change->wall);
	sentence->state = SENTENCE_BLOCKED;
	sentence->date = change->wall;
	sentence->time =
		request->time ? request->time : policy_time(policy, sentence->offences - 1);
	sentence->deadline = policy->release == CONFIG_RELEASE_ON_REQUEST
				     ? 0
				     : change_deadline(change, sentence->time);
	store_cut_text(sentence->source, sizeof(sentence->source), SOURCE_MANUAL);
	store_cut_text(sentence->reason, sizeof(sentence->reason), request->reason);
}

int ledger_block(struct ledger *ledger, const struct ledger_block_request *request,
		 const struct ledger_actor *actor, struct sentence *ret, struct error *error)
{
	_cleanup_change_ struct change change = {0};
	struct sentence sentence = {.prefix =
					    policy_unit(&ledger->config->policy, &request->prefix)};
	char source[ACTOR_TEXT_MAX];
	const struct cause cause = {actor_format(actor, source), request->reason};
	enum sentence_state was;
	int r = check(ledger, &sentence.prefix, request, error);

	if (r >= 0)
		r = change_begin(&change, ledger, error);
	if (r < 0)
		return r;
	r = store_get_sentence(ledger->store, &sentence.prefix, &sentence, error);
	if (r < 0 && r != -ENOENT)
		return r;
	was = sentence.state;
	fill_sentence(&change, request, &sentence);
	r = change_block(&change, &sentence, was, &cause, error);
	if (r < 0)
		return r;
	if (ret)
		*ret = sentence;
	return change_finish(&change, error);
}
