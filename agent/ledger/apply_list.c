/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list feed: what it lists is blocked as long as it is listed. A small change is made at once. A
 * large one goes into the store first, beside the list in force, and when that is complete into
 * the kernel: what comes before what goes.
 */
#include "ledger/apply.h"

#include <errno.h>

#include "base/log.h"
#include "ledger/guard.h"
#include "ledger/projection.h"
#include "ledger/relist.h"
#include "ledger/sweep.h"
#include "ledger/wall.h"

/* With a ttl ends move on in steps of this share of it, not with every reading. */
#define TTL_STEPS 16

#define EDITS_AT_ONCE 8192 /* of the kernel's maps, in one call of it */

/*
 * An entry stays at least for the ttl and at most for a step longer. All readings within a step
 * give it the same end, so that a list that does not change is no change.
 */
static int64_t end_of(uint64_t ttl, int64_t now)
{
	int64_t step = ttl < TTL_STEPS ? 1 : (int64_t)ttl / TTL_STEPS;

	return (now + (int64_t)ttl + step - 1) / step * step;
}

static struct list_reading reading_of(const struct apply *apply)
{
	const struct feed_batch *batch = apply->batch;
	int64_t now = wall_seconds(apply->ledger);

	return (struct list_reading){
		.named = batch->listings,
		.named_count = batch->listing_count,
		.removed = batch->removed,
		.removed_count = batch->removed_count,
		.delta = batch->delta,
		.lingers = apply->ttl > 0,
		.until = apply->ttl > 0 ? end_of(apply->ttl, now) : 0,
		.now = now,
	};
}

static int check(const struct apply *apply, struct error *error)
{
	const struct list_change *list = &apply->list;
	const struct feed_batch *batch = apply->batch;
	const struct guard_load load = {
		.blocked = list->added, .lifted = list->removed, .before = list->before};
	int r = 0;

	if (apply->unguarded)
		return 0;
	for (size_t i = 0; i < batch->listing_count && r >= 0; i++)
		r = guard_check_width(&apply->widest, &batch->listings[i].prefix, error);
	return r < 0 ? r : guard_check(&apply->ledger->config->policy.guard, &load, error);
}

static void tell(const struct apply *apply)
{
	log_info("feed \"%s\": %zu listed, %zu unlisted", apply->feed, apply->list.added,
		 apply->list.removed);
}

static int take_over_at_once(struct apply *apply, struct error *error)
{
	_cleanup_change_ struct change change = {0};
	int r = change_begin(&change, apply->ledger, error);

	if (r >= 0)
		r = relist(&change, apply->feed, &apply->list, NULL, error);
	if (r >= 0)
		r = change_finish(&change, error);
	if (r >= 0)
		tell(apply);
	return r;
}

/* Room that has been made is used, and what did not fit is counted, by a look at everything. */
static int finish(struct apply *apply, struct error *error)
{
	struct ledger *ledger = apply->ledger;
	size_t refused = apply->full ? 0 : ledger->report.refused;
	struct fence_changes changes;
	int armed, r = 0;

	if (apply->full || apply->everything || ledger->report.refused > 0)
		r = projection_sync(ledger, &changes, error);
	if (r == -ENOSPC && ledger->report.refused <= refused)
		r = 0;
	r = change_not_in_force(r, error);
	if (r >= 0)
		change_measure(ledger, apply->begun);
	armed = ledger_rearm(ledger, r < 0 ? NULL : error);
	tell(apply);
	return r < 0 ? r : armed;
}

/* Exceptions whose blocks are all gone leave last. */
static int end_exceptions(struct apply *apply, struct error *error)
{
	uint64_t since = clock_boot_ns();
	int r = 0;

	while (r >= 0 && !apply->everything && apply->next_exception < apply->exceptions.count &&
	       !apply_is_over(since)) {
		struct prefix_list one = {&apply->exceptions.items[apply->next_exception++], 1};

		r = projection_sync_some(apply->ledger, &one, NULL, error);
		apply->full |= r == -ENOSPC;
		r = r == -ENOSPC ? 0 : r;
	}
	if (r < 0)
		return change_not_in_force(r, error);
	if (!apply->everything && apply->next_exception < apply->exceptions.count)
		return 1;
	return finish(apply, error);
}

/* One call of the kernel: the next edits that are of the kind whose turn it is. */
static int enforce_some(struct apply *apply, struct error *error)
{
	size_t end = apply->next + EDITS_AT_ONCE;
	int r;

	if (end > apply->list.count)
		end = apply->list.count;
	r = projection_sync_edits(apply->ledger, apply->list.edits + apply->next, end - apply->next,
				  apply->removing, error);
	apply->next = end;
	apply->full |= r == -ENOSPC;
	return r == -ENOSPC ? 0 : r;
}

/* Whether something else has made the maps as the store wants them, this list included. */
static bool is_overtaken(const struct apply *apply)
{
	return apply->everything || apply->ledger->syncs != apply->syncs;
}

static int enforce(struct apply *apply, struct error *error)
{
	uint64_t since = clock_boot_ns();
	int r = 0;

	while (r >= 0 && !is_overtaken(apply) && apply->next < apply->list.count &&
	       !apply_is_over(since))
		r = enforce_some(apply, error);
	if (r < 0)
		return change_not_in_force(r, error);
	apply->progress.done = apply->list.count * (1 + apply->removing) / 2 + apply->next / 2;
	if (!is_overtaken(apply) && apply->next < apply->list.count)
		return 1;
	if (!is_overtaken(apply) && !apply->removing && apply->list.removed > 0) {
		apply->removing = true;
		apply->next = 0;
		return 1;
	}
	apply->next_exception = 0;
	apply->step = end_exceptions;
	return 1;
}

/* Exceptions come first, and without them no block around them. */
static int begin_exceptions(struct apply *apply, struct error *error)
{
	uint64_t since = clock_boot_ns();
	int r = 0;

	while (r >= 0 && !is_overtaken(apply) && apply->next_exception < apply->exceptions.count &&
	       !apply_is_over(since))
		r = projection_set_exception(
			apply->ledger, &apply->exceptions.items[apply->next_exception++], error);
	apply->everything |= r == -ENOSPC;
	if (r < 0 && r != -ENOSPC)
		return change_not_in_force(r, error);
	if (is_overtaken(apply) || apply->next_exception == apply->exceptions.count)
		apply->step = enforce;
	return 1;
}

/* From here on the list is the feed's, whatever happens. */
static int put(struct apply *apply, struct error *error)
{
	_cleanup_change_ struct change change = {0};
	struct ledger *ledger = apply->ledger;
	int r = change_begin(&change, ledger, error);

	if (r >= 0)
		r = store_put_list(ledger->store, apply->feed, &apply->writer, error);
	if (r >= 0)
		r = relist_audit(&change, apply->feed, &apply->list, NULL, error);
	if (r >= 0)
		r = store_commit(ledger->store, error);
	if (r < 0)
		return r;
	apply->writing = false;
	apply->unfinished = true;
	ledger->unfinished++;
	sweep_later(ledger);
	ledger->changes++;
	apply->syncs = ledger->syncs;
	apply->everything = relist_exceptions(&ledger->allow, &apply->list, &apply->exceptions) < 0;
	apply->step = begin_exceptions;
	return 1;
}

static int write_part(struct apply *apply, struct error *error)
{
	struct store *store = apply->ledger->store;
	int more = 0, r = store_begin(store, error);

	if (r >= 0)
		more = store_write_list(store, &apply->writer, error);
	r = more < 0 ? more : r;
	if (r >= 0)
		r = store_commit(store, error);
	if (r < 0) {
		store_rollback(store);
		return r;
	}
	if (more == 0)
		apply->step = put;
	return 1;
}

static int begin_writing(struct apply *apply, struct error *error)
{
	int r = store_begin_list(apply->ledger->store, apply->feed, &apply->list, &apply->writer,
				 error);

	if (r < 0)
		return r;
	apply->writing = true;
	apply->step = write_part;
	return 1;
}

int apply_list(struct apply *apply, struct error *error)
{
	const struct list_reading reading = reading_of(apply);
	struct list_change *list = &apply->list;
	int r = store_compare_list(apply->ledger->store, apply->feed, &reading, list, error);

	if (r >= 0)
		r = check(apply, error);
	if (r < 0)
		return r;
	apply->progress.total = list->count;
	apply->progress.records = list->before + list->added - list->removed;
	if (list->count == 0)
		return 0;
	return list->count > LEDGER_SLICE ? begin_writing(apply, error)
					  : take_over_at_once(apply, error);
}
