/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what the maps hold to what they should hold, by difference. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "fence/diff.h"
#include "fence/private.h"
#include "fence/settings.h"
#include "fence/table.h"

static int compare_entries(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;

	return prefix_compare(&left->prefix, &right->prefix);
}

/* Both tables as one, in the order of prefix_compare. */
static int read_present(const struct fence *fence, struct entries *ret, struct error *error)
{
	_cleanup_(entries_clear) struct entries prefixes = {};
	struct entry *items;
	int r;

	r = table_read(fence, TABLE_BLOCKS, ret, error);
	if (r < 0)
		return r;
	r = table_read(fence, TABLE_PREFIXES, &prefixes, error);
	if (r < 0)
		return r;
	items = realloc(ret->items, (ret->count + prefixes.count + 1) * sizeof(*items));
	if (!items)
		return error_set(error, -ENOMEM, "out of memory");
	memcpy(items + ret->count, prefixes.items, prefixes.count * sizeof(*items));
	ret->items = items;
	ret->count += prefixes.count;
	qsort(ret->items, ret->count, sizeof(*ret->items), compare_entries);
	return 0;
}

/* NULL: out of memory. */
static struct fence_edit *plan(const struct edits *edits)
{
	struct fence_edit *plans = calloc(edits->count + 1, sizeof(*plans));

	for (size_t i = 0; plans && i < edits->count; i++)
		plans[i] = (struct fence_edit){.entry = *edits->items[i].entry,
					       .clear = edits->items[i].kind == EDIT_REMOVE};
	return plans;
}

static struct fence_changes count_changes(const struct edits *edits, const struct fence_edit *plans)
{
	struct fence_changes changes = {};

	for (size_t i = 0; i < edits->count; i++) {
		enum edit_kind kind = edits->items[i].kind;

		changes.refused += !plans[i].done;
		changes.added += plans[i].done && kind == EDIT_ADD;
		changes.updated += plans[i].done && kind == EDIT_UPDATE;
		changes.removed += plans[i].done && kind == EDIT_REMOVE;
	}
	return changes;
}

static int report_refused(const struct fence *fence, const struct fence_edit *plans, size_t count,
			  struct error *error)
{
	size_t refused[TABLES] = {};
	char limit[TABLE_LIMIT_TEXT_MAX];
	enum table table;

	for (size_t i = 0; i < count; i++)
		refused[table_of(&plans[i].entry.prefix)] += !plans[i].done;
	table = refused[TABLE_BLOCKS] ? TABLE_BLOCKS : TABLE_PREFIXES;
	return error_set(error, -ENOSPC,
			 "the kernel's map is full: %zu entries are not in force; raise %s and "
			 "restart smtpfenced",
			 refused[table], table_limit(fence, table, limit));
}

static size_t count_prefixes(const struct entries *entries)
{
	size_t count = 0;

	for (size_t i = 0; i < entries->count; i++)
		count += table_of(&entries->items[i].prefix) == TABLE_PREFIXES;
	return count;
}

int fence_sync(struct fence *fence, const struct entries *wanted, struct fence_changes *ret_changes,
	       struct error *error)
{
	_cleanup_(entries_clear) struct entries present = {};
	_cleanup_(edits_clear) struct edits edits = {};
	_cleanup_free_ struct fence_edit *plans = NULL;
	int r;

	*ret_changes = (struct fence_changes){};
	r = read_present(fence, &present, error);
	if (r < 0)
		return r;
	r = diff_entries(&present, wanted, &edits, error);
	if (r < 0)
		return r;
	plans = plan(&edits);
	if (!plans)
		return error_set(error, -ENOMEM, "out of memory");
	r = settings_count_prefixes(fence, count_prefixes(&present), error);
	if (r < 0)
		return r;
	r = fence_edit_each(fence, plans, edits.count, error);
	*ret_changes = count_changes(&edits, plans);
	return r == -ENOSPC ? report_refused(fence, plans, edits.count, error) : r;
}
