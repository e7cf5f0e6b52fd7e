/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scores feed: policy makes sentences of its incidents. */
#include "ledger/apply.h"

#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/prefix.h"
#include "ledger/guard.h"
#include "ledger/step.h"

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

static int judge(struct scores *scores, const struct incident *incident, struct error *error)
{
	struct ledger *ledger = scores->change->ledger;
	const struct config_policy *policy = &ledger->config->policy;
	const struct smtpfence_prefix unit = policy_unit(policy, &incident->prefix);
	struct cause cause = {scores->feed, incident->reason, NULL};
	struct sentence sentence;
	struct policy_case happens;
	int r = step_load(ledger, &unit, &sentence, error);

	if (r < 0)
		return r;
	happens = policy_weigh(policy, &sentence, incident, &scores->change->now);
	if (happens.event == POLICY_CLEAR)
		cause.reason = "score 0";
	r = step_take(scores->change, &sentence, &happens, &cause, error);
	if (r > 0 && r & POLICY_BEGINS)
		return guard_check_width(NULL, &unit, error);
	scores->evidence += r == POLICY_EVIDENCE;
	return r;
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
	struct guard_load load = {.blocked = change->begun, .lifted = change->lifted.count};
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
		.applied = change.now.wall,
		.records = batch->incident_count,
	};
	r = store_put_cursor(ledger->store, feed, &cursor, error);
	if (r < 0)
		return r;
	r = change_finish(&change, error);
	if (r >= 0)
		log_info("feed \"%s\": serial %llu: %zu blocked, %zu lifted, evidence against %zu",
			 feed, (unsigned long long)batch->serial, change.begun, change.lifted.count,
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
