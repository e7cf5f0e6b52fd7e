/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list feed: what it lists is blocked as long as it is listed. */
#include "ledger/apply.h"

#include <stdio.h>

#include "base/log.h"
#include "ledger/change.h"
#include "ledger/guard.h"

static int check_widths(const struct feed_batch *batch, struct error *error)
{
	int r = 0;

	for (size_t i = 0; i < batch->prefix_count && r >= 0; i++)
		r = guard_check_width(&batch->prefixes[i], error);
	return r;
}

static int check(struct ledger *ledger, const struct feed_batch *batch,
		 const struct store_list_change *list, struct error *error)
{
	const struct guard_load load = {
		.blocked = list->added, .lifted = list->removed, .before = list->before};
	int r = check_widths(batch, error);

	return r < 0 ? r : guard_check(&ledger->config->policy.guard, &load, error);
}

/* One event for a change of a list, however many addresses that are. */
static int audit_count(struct change *change, const char *event, const char *feed, size_t count,
		       struct error *error)
{
	char reason[64];
	const struct cause cause = {feed, reason, NULL};

	if (count == 0)
		return 0;
	snprintf(reason, sizeof(reason), "%zu %s", count, count == 1 ? "prefix" : "prefixes");
	return change_audit(change, event, NULL, NULL, &cause, error);
}

static int replace(struct ledger *ledger, const char *feed, const struct feed_batch *batch,
		   struct error *error)
{
	_cleanup_change_ struct change change = {0};
	struct store_list_change list = {0};
	int r = change_begin(&change, ledger, error);

	if (r >= 0)
		r = store_replace_list(ledger->store, feed, batch->prefixes, batch->prefix_count,
				       &list, error);
	if (r >= 0)
		r = audit_count(&change, "listed", feed, list.added, error);
	if (r >= 0)
		r = audit_count(&change, "unlisted", feed, list.removed, error);
	if (r < 0)
		return r;
	change.everything = true;
	r = change_finish(&change, error);
	if (r >= 0)
		log_info("feed \"%s\": %zu listed, %zu unlisted", feed, list.added, list.removed);
	return r;
}

int apply_list(struct ledger *ledger, const struct config_feed *feed,
	       const struct feed_batch *batch, struct error *error)
{
	struct store_list_change list;
	int r = store_diff_list(ledger->store, feed->name, batch->prefixes, batch->prefix_count,
				&list, error);

	if (r >= 0)
		r = check(ledger, batch, &list, error);
	if (r < 0 || (list.added == 0 && list.removed == 0))
		return r;
	return replace(ledger, feed->name, batch, error);
}
