/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scores feed: policy makes sentences of its incidents. */
#include "ledger/apply.h"

#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/prefix.h"
#include "ledger/guard.h"
#include "ledger/step.h"

#define LIFTED_AT_ONCE 1000

/*
 * 0: new; 1: in force already; -ESTALE. Where there is an epoch, a snapshot is how a feed recovers,
 * from whatever it was: it is always taken.
 */
static int check_serial(const struct feed_batch *batch, const struct feed_cursor *cursor,
			struct error *error)
{
	if (batch->epoch && !batch->delta)
		return 0;
	if (cursor && batch->epoch != cursor->epoch)
		cursor = NULL;
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

/* One that the allowlist covers is nobody's business. */
static bool is_allowed(const struct apply *apply, const struct incident *incident)
{
	char text[PREFIX_TEXT_MAX];

	if (!allowlist_covers(&apply->ledger->allow, &incident->prefix))
		return false;
	log_debug("feed \"%s\": %s is on the allowlist", apply->feed,
		  prefix_format(&incident->prefix, text));
	return true;
}

/* Of what is applied past the guard nothing is too wide. */
static int check_begin(const struct apply *apply, const struct smtpfence_prefix *unit,
		       unsigned int effects, struct error *error)
{
	if (!(effects & POLICY_BEGINS) || apply->unguarded)
		return 0;
	return guard_check_width(NULL, unit, error);
}

static int judge(struct apply *apply, struct change *change, const struct incident *incident,
		 struct error *error)
{
	const struct config_policy *policy = &apply->ledger->config->policy;
	const struct smtpfence_prefix unit = policy_unit(policy, &incident->prefix);
	struct cause cause = {apply->feed, incident->reason, NULL};
	struct sentence sentence;
	struct policy_case happens;
	int r;

	if (is_allowed(apply, incident))
		return 0;
	r = step_read(&apply->sentences, &unit, &sentence, error);
	if (r < 0)
		return r;
	happens = policy_weigh(policy, &sentence, incident, &change->now);
	if (happens.event == POLICY_CLEAR)
		cause.reason = "score 0";
	r = step_take(change, &sentence, &happens, &cause, error);
	if (r < 0)
		return r;
	apply->evidence += r == POLICY_EVIDENCE;
	return check_begin(apply, &unit, (unsigned int)r, error);
}

/* What begins and ends is not committed yet: those that run are still the ones from before. */
static int check(const struct apply *apply, size_t begins, size_t lifts, struct error *error)
{
	const struct guard_load load = {
		.before = apply->ledger->running, .blocked = begins, .lifted = lifts};

	if (apply->unguarded)
		return 0;
	return guard_check(&apply->ledger->config->policy.guard, &load, error);
}

static int put_cursor(const struct apply *apply, const struct change *change, struct error *error)
{
	const struct feed_cursor cursor = {
		.epoch = apply->batch->epoch,
		.serial = apply->batch->serial,
		.generated = apply->batch->generated,
		.applied = change->now.wall,
		.records = apply->batch->incident_count,
	};

	return store_put_cursor(apply->ledger->store, apply->feed, &cursor, error);
}

static void tell(const struct apply *apply)
{
	log_info("feed \"%s\": serial %llu: %zu blocked, %zu lifted, evidence against %zu",
		 apply->feed, (unsigned long long)apply->batch->serial, apply->begins, apply->lifts,
		 apply->evidence);
}

/* A few incidents are one change. */
static int take_over_at_once(struct apply *apply, struct error *error)
{
	const struct feed_batch *batch = apply->batch;
	_cleanup_change_ struct change change = {0};
	int r = change_begin(&change, apply->ledger, error);

	sentence_reader_begin(&apply->sentences, apply->ledger->store);
	for (size_t i = 0; i < batch->incident_count && r >= 0; i++)
		r = judge(apply, &change, &batch->incidents[i], error);
	if (r >= 0)
		r = check(apply, change.begun, change.lifted.count, error);
	if (r >= 0)
		r = put_cursor(apply, &change, error);
	if (r < 0)
		return r;
	r = change_finish(&change, error);
	apply->begins = change.begun;
	apply->lifts = change.lifted.count;
	if (r >= 0)
		tell(apply);
	return r;
}

/* The serial is taken over last: what a crash leaves undone is done by the next reading. */
static int take_serial(struct apply *apply, struct error *error)
{
	_cleanup_change_ struct change change = {0};
	int r = change_begin(&change, apply->ledger, error);

	if (r >= 0)
		r = put_cursor(apply, &change, error);
	if (r >= 0)
		r = store_commit(apply->ledger->store, error);
	if (r >= 0)
		tell(apply);
	return r;
}

/* What is lifted is confirmed in the same step, which takes as long again. */
static bool is_enough(const struct change *change, uint64_t since)
{
	return apply_is_over(since) || change->lifted.count >= LIFTED_AT_ONCE;
}

/* Many are a change for each step, in force when it ends. */
static int judge_some(struct apply *apply, struct error *error)
{
	const struct feed_batch *batch = apply->batch;
	_cleanup_change_ struct change change = {0};
	uint64_t since = clock_boot_ns();
	int r = change_begin(&change, apply->ledger, error);

	sentence_reader_begin(&apply->sentences, apply->ledger->store);
	while (r >= 0 && apply->judged < batch->incident_count && !is_enough(&change, since))
		r = judge(apply, &change, &batch->incidents[apply->judged++], error);
	if (r >= 0)
		r = change_finish(&change, error);
	if (r < 0)
		return r;
	apply->begins += change.begun;
	apply->lifts += change.lifted.count;
	apply->progress.done = apply->judged;
	if (apply->judged == batch->incident_count)
		apply->step = take_serial;
	return 1;
}

/* What the incident would do, without doing it. */
static int weigh(struct apply *apply, const struct incident *incident, struct error *error)
{
	const struct config_policy *policy = &apply->ledger->config->policy;
	const struct smtpfence_prefix unit = policy_unit(policy, &incident->prefix);
	const struct moment now = clock_now();
	struct sentence sentence;
	struct policy_case happens;
	unsigned int effects;
	int r;

	if (allowlist_covers(&apply->ledger->allow, &incident->prefix))
		return 0;
	r = step_read(&apply->sentences, &unit, &sentence, error);
	if (r < 0)
		return r;
	happens = policy_weigh(policy, &sentence, incident, &now);
	effects = policy_step(policy, &sentence, &happens, &now);
	apply->begins += (effects & (POLICY_BEGINS | POLICY_REPLACED)) != 0;
	apply->lifts += (effects & POLICY_ENDS) != 0;
	return check_begin(apply, &unit, effects, error);
}

static int check_weighed(struct apply *apply, struct error *error)
{
	int r = check(apply, apply->begins, apply->lifts, error);

	apply->begins = 0;
	apply->lifts = 0;
	apply->step = judge_some;
	return r < 0 ? r : 1;
}

/*
 * The guard is asked before the first of many incidents is judged. Those in one IPv6 unit are
 * counted one by one here, although they make one sentence: it may hold too much, never too little.
 */
static int weigh_some(struct apply *apply, struct error *error)
{
	const struct feed_batch *batch = apply->batch;
	uint64_t since = clock_boot_ns();
	int r = 0;

	sentence_reader_begin(&apply->sentences, apply->ledger->store);
	while (r >= 0 && apply->weighed < batch->incident_count && !apply_is_over(since))
		r = weigh(apply, &batch->incidents[apply->weighed++], error);
	if (r < 0)
		return r;
	return apply->weighed < batch->incident_count ? 1 : check_weighed(apply, error);
}

int apply_scores(struct apply *apply, struct error *error)
{
	struct feed_cursor cursor;
	int r = store_get_cursor(apply->ledger->store, apply->feed, &cursor, error);

	if (r < 0 && r != -ENOENT)
		return r;
	apply->progress.records = apply->batch->incident_count;
	r = check_serial(apply->batch, r < 0 ? NULL : &cursor, error);
	if (r != 0)
		return r < 0 ? r : 0;
	if (apply->batch->incident_count <= LEDGER_SLICE)
		return take_over_at_once(apply, error);
	apply->progress.total = apply->batch->incident_count;
	apply->step = weigh_some;
	return 1;
}
