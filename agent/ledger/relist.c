/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/relist.h"

#include <errno.h>
#include <stdio.h>

#include "base/prefix.h"
#include "ledger/item.h"
#include "ledger/wall.h"

#define REASON_MAX 96

/* One event for a change of a list, however many addresses that are. */
static int audit_count(struct change *change, const char *event, const char *feed, size_t count,
		       const char *why, struct error *error)
{
	char reason[REASON_MAX];
	const struct cause cause = {feed, reason, NULL};

	if (count == 0)
		return 0;
	snprintf(reason, sizeof(reason), "%zu %s%s%s", count, count == 1 ? "prefix" : "prefixes",
		 why ? ": " : "", why ? why : "");
	return change_audit(change, event, NULL, NULL, &cause, error);
}

/* Whether something wants it to be blocked: 1, 0, or a negative errno. */
static int is_wanted(struct ledger *ledger, const struct smtpfence_prefix *prefix,
		     struct error *error)
{
	struct entry entry;
	struct item item;
	int r = item_get(ledger, prefix, &item, error);

	return r < 0 ? r : item_wants_drop(ledger, &item, &entry);
}

/*
 * A DROP entry comes with the first that wants it, and goes with the last: before it is listed,
 * and after it was, nothing else wants it.
 */
static int count_wanted(struct change *change, const struct list_change *list,
			enum list_edit_kind kind, long step, struct error *error)
{
	struct ledger *ledger = change->ledger;
	int r = 0;

	for (size_t i = 0; i < list->count && r >= 0; i++) {
		const struct smtpfence_prefix *prefix = &list->edits[i].prefix;

		if (list->edits[i].kind != kind || allowlist_covers(&ledger->allow, prefix))
			continue;
		r = is_wanted(ledger, prefix, error);
		if (r == 0)
			change->wanted[prefix_family(prefix)] += step;
	}
	return r < 0 ? r : 0;
}

static int write_counted(struct change *change, const char *feed, const struct list_change *list,
			 struct error *error)
{
	int r = count_wanted(change, list, LIST_ADD, 1, error);

	if (r >= 0)
		r = store_change_list(change->ledger->store, feed, list, error);
	return r < 0 ? r : count_wanted(change, list, LIST_REMOVE, -1, error);
}

int relist_exceptions(const struct allowlist *allow, const struct list_change *list,
		      struct prefix_list *ret)
{
	int r = 0;

	for (size_t i = 0; i < list->count && r >= 0; i++) {
		const struct smtpfence_prefix *outer = &list->edits[i].prefix;
		size_t next = allowlist_inside(allow, outer, 0);

		for (; next < allow->count && r >= 0;
		     next = allowlist_inside(allow, outer, next + 1))
			r = ret->count < LEDGER_SLICE ? prefix_list_add(ret, &allow->items[next])
						      : -E2BIG;
	}
	return r;
}

static int note(struct change *change, const struct list_change *list, struct error *error)
{
	int r = 0;

	for (size_t i = 0; i < list->count && r >= 0; i++)
		r = prefix_list_add(&change->listed, &list->edits[i].prefix);
	return r < 0 ? error_set(error, r, "out of memory") : 0;
}

int relist_audit(struct change *change, const char *feed, const struct list_change *list,
		 const char *reason, struct error *error)
{
	int r = audit_count(change, "listed", feed, list->added, NULL, error);

	return r < 0 ? r : audit_count(change, "unlisted", feed, list->removed, reason, error);
}

int relist(struct change *change, const char *feed, const struct list_change *list,
	   const char *reason, struct error *error)
{
	int r = write_counted(change, feed, list, error);

	if (r >= 0)
		r = note(change, list, error);
	return r < 0 ? r : relist_audit(change, feed, list, reason, error);
}

int relist_ended(struct change *change, struct error *error)
{
	struct ledger *ledger = change->ledger;
	_cleanup_(list_change_clear) struct list_change list = {0};
	char feed[SENTENCE_SOURCE_MAX];
	int r = store_find_ended(ledger->store, wall_seconds(ledger), LEDGER_SLICE, feed, &list,
				 error);

	if (r < 0 || list.count == 0)
		return r;
	return relist(change, feed, &list, "their time is over", error);
}
