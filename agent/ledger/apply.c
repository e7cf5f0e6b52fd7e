/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/apply.h"

#include <errno.h>

#include "base/log.h"
#include "ledger/guard.h"
#include "ledger/sweep.h"

bool apply_is_over(uint64_t since)
{
	return clock_boot_ns() - since >= APPLY_TURN_NS;
}

static int begin(const struct config_feed *feed, const struct feed_batch *batch, bool unguarded,
		 void *userdata, void **ret_work, struct error *error)
{
	struct apply *apply = calloc(1, sizeof(*apply));

	if (!apply)
		return error_set(error, -ENOMEM, "feed \"%s\": out of memory", feed->name);
	apply->ledger = userdata;
	apply->batch = batch;
	store_cut_text(apply->feed, sizeof(apply->feed), feed->name);
	apply->ttl = feed->ttl;
	apply->widest = feed->widest;
	apply->unguarded = unguarded;
	apply->begun = clock_boot_ns();
	apply->step = batch->kind == CONFIG_FEED_LIST ? apply_list : apply_scores;
	*ret_work = apply;
	return 0;
}

static int step(void *work, struct error *error)
{
	struct apply *apply = work;
	struct error problem = {""};
	int r = apply->step(apply, &problem), noted = 0;

	if (r > 0)
		return r;
	if (r == -EBUSY)
		noted = guard_hold(apply->ledger, apply->feed, &problem, error);
	else if (r == 0)
		noted = guard_release(apply->ledger, apply->feed, error);
	if (noted < 0)
		return noted;
	return r < 0 ? error_set(error, r, "%s", problem.text) : 0;
}

static struct feed_progress progress(const void *work)
{
	return ((const struct apply *)work)->progress;
}

/* A list that is not complete takes no place, and is swept when the store is opened next. */
static void end(void *work)
{
	struct apply *apply = work;
	struct store *store = apply->ledger->store;
	struct error error;

	if (apply->writing) {
		if (store_drop_list(store, &apply->writer, &error) < 0)
			log_warning("feed \"%s\": %s", apply->feed, error.text);
		sweep_later(apply->ledger);
	}
	apply->ledger->unfinished -= apply->unfinished;
	list_change_clear(&apply->list);
	prefix_list_clear(&apply->exceptions);
	free(apply);
}

static int place(const struct config_feed *feed, void *userdata, struct feed_place *ret,
		 struct error *error)
{
	struct ledger *ledger = userdata;
	struct feed_cursor cursor = {0};
	int r = store_get_cursor(ledger->store, feed->name, &cursor, error);

	*ret = (struct feed_place){cursor.epoch, cursor.serial};
	return r == -ENOENT ? 0 : r;
}

const struct feed_target ledger_target = {
	.begin = begin,
	.step = step,
	.progress = progress,
	.place = place,
	.end = end,
	.is_paused = ledger_feed_is_paused,
};
