/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scores feed: policy makes sentences of its incidents. */
#include "ledger/apply.h"

#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/prefix.h"
#include "ledger/change.h"
#include "ledger/guard.h"
#include "policy/policy.h"

struct scores {
	struct change *change;
	const char *feed;
	size_t evidence; /* incidents that added some */
};

/* 0: new; 1: in force already; -ESTALE. */
static int check_serial(const struct feed_batch *batch, const struct feed_cursor *cursor,
			struct error *error)
{
	if (cursor && batch->serial == cursor->serial)
		return 1;
	if (cursor && batch->serial < cursor->serial)
		return error_set(
			error, -ESTALE, "serial %llu is older than %llu, which is in force",
			(unsigned long long)batch->serial, (unsigned long long)cursor->serial);
	if (!batch->delta || (cursor && batch->base == cursor->serial))
		return 0;
	if (!cursor)
		return error_set(error, -ESTALE,
				 "a gap: the delta builds on %llu, nothing is in force yet, "
				 "waiting for a snapshot",
				 (unsigned long long)batch->base);
	return error_set(
		error, -ESTALE,
		"a gap: the delta builds on %llu, %llu is in force, waiting for a snapshot",
		(unsigned long long)batch->base, (unsigned long long)cursor->serial);
}

static int keep_evidence(struct scores *scores, const struct smtpfence_prefix *unit,
			 const struct incident *incident, struct error *error)
{
	return store_add_evidence(scores->change->ledger->store, unit, scores->feed,
				  incident->evidence, incident->evidence_count, error);
}

/* The sentence is not extended; an incident that tells nothing new is no event. */
static int add_evidence(struct scores *scores, struct sentence *sentence,
			const struct incident *incident, struct error *error)
{
	const struct cause cause = {scores->feed, incident->reason};
	bool worse = incident->score > sentence->score;
	int r = keep_evidence(scores, &sentence->prefix, incident, error);

	if (r < 0 || (r == 0 && !worse))
		return r;
	scores->evidence++;
	if (worse) {
		sentence->score = incident->score;
		r = store_put_sentence(scores->change->ledger->store, sentence, error);
	}
	return r < 0 ? r : change_audit(scores->change, "evidence", NULL, sentence, &cause, error);
}

static int begin_sentence(struct scores *scores, struct sentence *sentence,
			  const struct incident *incident, const struct policy_judgement *judgement,
			  struct error *error)
{
	const struct config_policy *policy = &scores->change->ledger->config->policy;
	const struct cause cause = {scores->feed, incident->reason};
	enum sentence_state was = sentence->state;
	int r = guard_check_width(&sentence->prefix, error);

	if (r < 0)
		return r;
	sentence->state = SENTENCE_BLOCKED;
	sentence->score = incident->score;
	sentence->date = scores->change->wall;
	sentence->time = judgement->time;
	sentence->deadline = policy->release == CONFIG_RELEASE_ON_REQUEST
				     ? 0
				     : change_deadline(scores->change, judgement->time);
	sentence->offences = judgement->offences;
	sentence->last_detected = incident->detected;
	store_cut_text(sentence->source, sizeof(sentence->source), scores->feed);
	store_cut_text(sentence->reason, sizeof(sentence->reason), incident->reason);
	r = keep_evidence(scores, &sentence->prefix, incident, error);
	return r < 0 ? r : change_block(scores->change, sentence, was, &cause, error);
}

static struct policy_history history_of(const struct sentence *sentence)
{
	return (struct policy_history){
		.blocked = sentence->state == SENTENCE_BLOCKED,
		.offences = sentence->offences,
		.last_offence = sentence->date,
		.last_end = sentence->last_end,
		.last_detected = sentence->last_detected,
	};
}

static int judge(struct scores *scores, const struct incident *incident, struct error *error)
{
	const struct cause cleared = {scores->feed, "score 0"};
	struct ledger *ledger = scores->change->ledger;
	const struct config_policy *policy = &ledger->config->policy;
	struct sentence sentence = {.prefix = policy_unit(policy, &incident->prefix)};
	struct policy_history history;
	struct policy_judgement judgement;
	int r = store_get_sentence(ledger->store, &sentence.prefix, &sentence, error);

	if (r < 0 && r != -ENOENT)
		return r;
	history = history_of(&sentence);
	judgement = policy_judge(policy, &history, incident, scores->change->wall);
	switch (judgement.ruling) {
	case POLICY_BLOCK:
		return begin_sentence(scores, &sentence, incident, &judgement, error);
	case POLICY_EVIDENCE:
		return add_evidence(scores, &sentence, incident, error);
	case POLICY_CLEAR:
		return change_lift(scores->change, &sentence.prefix, &cleared, error);
	case POLICY_IGNORE:
		break;
	}
	return 0;
}

static int judge_each(struct scores *scores, const struct feed_batch *batch, struct error *error)
{
	const struct allowlist *allow = &scores->change->ledger->allow;
	char text[PREFIX_TEXT_MAX];
	int r = 0;

	for (size_t i = 0; i < batch->incident_count && r >= 0; i++) {
		const struct incident *incident = &batch->incidents[i];

		if (allowlist_covers(allow, &incident->prefix))
			log_debug("feed \"%s\": %s is on the allowlist", scores->feed,
				  prefix_format(&incident->prefix, text));
		else
			r = judge(scores, incident, error);
	}
	return r;
}

static int count_sentence(const struct sentence *sentence, void *userdata)
{
	(void)sentence;
	++*(size_t *)userdata;
	return 0;
}

/* All is written already, so what ran before is what runs now without what has begun. */
static int check(const struct change *change, struct error *error)
{
	static const struct sentence_filter running = {.by_state = true, .state = SENTENCE_BLOCKED};
	struct guard_load load = {.blocked = change->blocked, .lifted = change->unblocking};
	size_t now = 0;
	int r = 0;

	if (load.lifted > 0)
		r = store_each_sentence(change->ledger->store, &running, count_sentence, &now,
					error);
	load.before = now + load.lifted - load.blocked;
	return r < 0 ? r : guard_check(&change->ledger->config->policy.guard, &load, error);
}

static int take_over(struct ledger *ledger, const char *feed, const struct feed_batch *batch,
		     struct error *error)
{
	_cleanup_change_ struct change change = {0};
	struct scores scores = {.change = &change, .feed = feed};
	struct feed_cursor cursor;
	int r = change_begin(&change, ledger, error);

	if (r >= 0)
		r = judge_each(&scores, batch, error);
	if (r >= 0)
		r = check(&change, error);
	if (r < 0)
		return r;
	cursor = (struct feed_cursor){
		.serial = batch->serial,
		.generated = batch->generated,
		.applied = change.wall,
		.records = batch->incident_count,
	};
	r = store_put_cursor(ledger->store, feed, &cursor, error);
	if (r < 0)
		return r;
	r = change_finish(&change, error);
	if (r >= 0)
		log_info("feed \"%s\": serial %llu: %zu blocked, %zu lifted, evidence against %zu",
			 feed, (unsigned long long)batch->serial, change.blocked, change.unblocking,
			 scores.evidence);
	return r;
}

int apply_scores(struct ledger *ledger, const struct config_feed *feed,
		 const struct feed_batch *batch, struct error *error)
{
	struct feed_cursor cursor;
	int r = store_get_cursor(ledger->store, feed->name, &cursor, error);

	if (r < 0 && r != -ENOENT)
		return r;
	r = check_serial(batch, r < 0 ? NULL : &cursor, error);
	if (r != 0)
		return r < 0 ? r : 0;
	return take_over(ledger, feed->name, batch, error);
}
