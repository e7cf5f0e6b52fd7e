/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list feed: what it lists is blocked as long as it is listed. */
#include "ledger/apply.h"

#include "base/log.h"
#include "ledger/guard.h"
#include "ledger/relist.h"
#include "ledger/wall.h"

/* With a ttl ends move on in steps of this share of it, not with every reading. */
#define TTL_STEPS 16

/*
 * An entry stays at least for the ttl and at most for a step longer. All readings within a step
 * give it the same end, so that a list that does not change is no change.
 */
static int64_t end_of(uint64_t ttl, int64_t now)
{
	int64_t step = ttl < TTL_STEPS ? 1 : (int64_t)ttl / TTL_STEPS;

	return (now + (int64_t)ttl + step - 1) / step * step;
}

static struct list_reading reading_of(const struct ledger *ledger, const struct config_feed *feed,
				      const struct feed_batch *batch)
{
	int64_t now = wall_seconds(ledger);

	return (struct list_reading){
		.named = batch->listings,
		.named_count = batch->listing_count,
		.removed = batch->removed,
		.removed_count = batch->removed_count,
		.delta = batch->delta,
		.lingers = feed->ttl > 0,
		.until = feed->ttl > 0 ? end_of(feed->ttl, now) : 0,
		.now = now,
	};
}

static int check(const struct ledger *ledger, const struct config_feed *feed,
		 const struct feed_batch *batch, const struct list_change *list,
		 struct error *error)
{
	const struct guard_load load = {
		.blocked = list->added, .lifted = list->removed, .before = list->before};
	int r = 0;

	for (size_t i = 0; i < batch->listing_count && r >= 0; i++)
		r = guard_check_width(&feed->widest, &batch->listings[i].prefix, error);
	return r < 0 ? r : guard_check(&ledger->config->policy.guard, &load, error);
}

static int take_over(struct ledger *ledger, const char *feed, const struct list_change *list,
		     struct error *error)
{
	_cleanup_change_ struct change change = {0};
	int r = change_begin(&change, ledger, error);

	if (r >= 0)
		r = relist(&change, feed, list, NULL, error);
	if (r >= 0)
		r = change_finish(&change, error);
	if (r >= 0)
		log_info("feed \"%s\": %zu listed, %zu unlisted", feed, list->added, list->removed);
	return r;
}

int apply_list(struct ledger *ledger, const struct config_feed *feed,
	       const struct feed_batch *batch, struct error *error)
{
	const struct list_reading reading = reading_of(ledger, feed, batch);
	_cleanup_(list_change_clear) struct list_change list = {0};
	int r = store_compare_list(ledger->store, feed->name, &reading, &list, error);

	if (r >= 0)
		r = check(ledger, feed, batch, &list, error);
	if (r < 0 || list.count == 0)
		return r;
	return take_over(ledger, feed->name, &list, error);
}
