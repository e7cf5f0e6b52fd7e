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

/* What is gathered for one write: the edits, and their keys and values side by side. */
struct batch {
	struct edit **edits;
	struct smtpfence_prefix *keys;
	struct smtpfence_block *values;
	bool *done;
	size_t count;
};

static void batch_clear(struct batch *batch)
{
	free(batch->edits);
	free(batch->keys);
	free(batch->values);
	free(batch->done);
}

static int batch_allocate(struct batch *batch, size_t count, struct error *error)
{
	batch->edits = calloc(count, sizeof(struct edit *));
	batch->keys = calloc(count, sizeof(*batch->keys));
	batch->values = calloc(count, sizeof(*batch->values));
	batch->done = calloc(count, sizeof(*batch->done));
	if (!batch->edits || !batch->keys || !batch->values || !batch->done)
		return error_set(error, -ENOMEM, "out of memory");
	return 0;
}

static bool is_pending_write(const struct edit *edit, enum table table,
			     enum smtpfence_action action)
{
	return !edit->done && !edit->held && edit->kind != EDIT_REMOVE &&
	       edit->entry->action == action && table_of(&edit->entry->prefix) == table;
}

static void batch_gather(struct batch *batch, struct edits *edits, enum table table,
			 enum smtpfence_action action)
{
	for (size_t i = 0; i < edits->count; i++) {
		struct edit *edit = &edits->items[i];

		if (!is_pending_write(edit, table, action))
			continue;
		batch->edits[batch->count] = edit;
		batch->keys[batch->count] = edit->entry->prefix;
		batch->values[batch->count++] = table_block(edit->entry);
	}
}

static int write_table(const struct fence *fence, struct edits *edits, enum table table,
		       enum smtpfence_action action, struct error *error)
{
	struct batch batch = {};
	int r = batch_allocate(&batch, edits->count, error);

	if (r == 0) {
		batch_gather(&batch, edits, table, action);
		r = table_write(fence, table, batch.keys, batch.values, batch.count, batch.done,
				error);
	}
	for (size_t i = 0; i < batch.count; i++)
		batch.edits[i]->done = batch.done[i];
	batch_clear(&batch);
	return r;
}

static int write_action(const struct fence *fence, struct edits *edits,
			enum smtpfence_action action, struct error *error)
{
	int r = write_table(fence, edits, TABLE_BLOCKS, action, error);

	return r < 0 ? r : write_table(fence, edits, TABLE_PREFIXES, action, error);
}

/*
 * Whether a block would hit a source whose exception did not fit. The edits are in the order of
 * prefix_compare: what a prefix holds comes right behind it.
 */
static bool lacks_exception(const struct edits *edits, size_t block)
{
	const struct smtpfence_prefix *outer = &edits->items[block].entry->prefix;

	for (size_t i = block + 1; i < edits->count; i++) {
		const struct edit *edit = &edits->items[i];

		if (!prefix_contains(outer, &edit->entry->prefix))
			return false;
		if (!edit->done && edit->kind != EDIT_REMOVE &&
		    edit->entry->action == SMTPFENCE_ACTION_ALLOW)
			return true;
	}
	return false;
}

static void hold_back(struct edits *edits)
{
	for (size_t i = 0; i < edits->count; i++) {
		struct edit *edit = &edits->items[i];

		edit->held = edit->kind != EDIT_REMOVE &&
			     edit->entry->action == SMTPFENCE_ACTION_DROP &&
			     lacks_exception(edits, i);
	}
}

/* Exceptions first: no source must be blocked, for however short, while its exception is away. */
static int write_pending(const struct fence *fence, struct edits *edits, struct error *error)
{
	int r = write_action(fence, edits, SMTPFENCE_ACTION_ALLOW, error);

	if (r < 0)
		return r;
	hold_back(edits);
	return write_action(fence, edits, SMTPFENCE_ACTION_DROP, error);
}

static int remove_action(const struct fence *fence, struct edits *edits,
			 enum smtpfence_action action, struct error *error)
{
	for (size_t i = 0; i < edits->count; i++) {
		struct edit *edit = &edits->items[i];
		int r;

		if (edit->kind != EDIT_REMOVE || edit->entry->action != action)
			continue;
		r = table_delete(fence, &edit->entry->prefix, error);
		if (r < 0 && r != -ENOENT)
			return r;
		edit->done = true;
	}
	return 0;
}

/* For the same reason exceptions go last. */
static int remove_unwanted(const struct fence *fence, struct edits *edits, struct error *error)
{
	int r = remove_action(fence, edits, SMTPFENCE_ACTION_DROP, error);

	return r < 0 ? r : remove_action(fence, edits, SMTPFENCE_ACTION_ALLOW, error);
}

static size_t count_refused(const struct edits *edits, enum table table)
{
	size_t refused = 0;

	for (size_t i = 0; i < edits->count; i++)
		refused +=
			!edits->items[i].done && table_of(&edits->items[i].entry->prefix) == table;
	return refused;
}

/*
 * What is to go goes after what is to come, so that a source whose /32 becomes part of a /24 is
 * never let go in between. Only what did not fit has to wait for the room that this makes.
 */
static int apply(const struct fence *fence, struct edits *edits, struct error *error)
{
	int r;

	r = write_pending(fence, edits, error);
	if (r < 0)
		return r;
	r = remove_unwanted(fence, edits, error);
	if (r < 0)
		return r;
	if (count_refused(edits, TABLE_BLOCKS) + count_refused(edits, TABLE_PREFIXES) == 0)
		return 0;
	return write_pending(fence, edits, error);
}

static struct fence_changes count_changes(const struct edits *edits)
{
	struct fence_changes changes = {};

	for (size_t i = 0; i < edits->count; i++) {
		const struct edit *edit = &edits->items[i];

		changes.refused += !edit->done;
		changes.added += edit->done && edit->kind == EDIT_ADD;
		changes.updated += edit->done && edit->kind == EDIT_UPDATE;
		changes.removed += edit->done && edit->kind == EDIT_REMOVE;
	}
	return changes;
}

static int report_refused(const struct fence *fence, const struct edits *edits, struct error *error)
{
	char limit[TABLE_LIMIT_TEXT_MAX];

	for (enum table table = 0; table < TABLES; table++) {
		size_t refused = count_refused(edits, table);

		if (refused)
			return error_set(error, -ENOSPC,
					 "the kernel's map is full: %zu entries are not in force; "
					 "raise %s and restart smtpfenced",
					 refused, table_limit(fence, table, limit));
	}
	return 0;
}

static size_t count_prefixes(const struct entries *entries)
{
	size_t count = 0;

	for (size_t i = 0; i < entries->count; i++)
		count += table_of(&entries->items[i].prefix) == TABLE_PREFIXES;
	return count;
}

/* How many entries of `prefixes` edits of one kind bring or take; @done: those that were made. */
static size_t count_prefix_edits(const struct edits *edits, enum edit_kind kind, bool done)
{
	size_t count = 0;

	for (size_t i = 0; i < edits->count; i++) {
		const struct edit *edit = &edits->items[i];

		count += edit->kind == kind && edit->done == done &&
			 table_of(&edit->entry->prefix) == TABLE_PREFIXES;
	}
	return count;
}

/* The count that the datapath goes by is never lower than what the trie holds. */
static int apply_counted(struct fence *fence, struct edits *edits, size_t prefixes,
			 struct error *error)
{
	int r;

	r = settings_count_prefixes(fence, prefixes + count_prefix_edits(edits, EDIT_ADD, false),
				    error);
	if (r < 0)
		return r;
	r = apply(fence, edits, error);
	if (r == 0 && edits->count)
		r = settings_judge_anew(fence, error);
	if (r < 0)
		return r;
	return settings_count_prefixes(fence,
				       prefixes + count_prefix_edits(edits, EDIT_ADD, true) -
					       count_prefix_edits(edits, EDIT_REMOVE, true),
				       error);
}

int fence_sync(struct fence *fence, const struct entries *wanted, struct fence_changes *ret_changes,
	       struct error *error)
{
	_cleanup_(entries_clear) struct entries present = {};
	_cleanup_(edits_clear) struct edits edits = {};
	int r;

	*ret_changes = (struct fence_changes){};
	r = read_present(fence, &present, error);
	if (r < 0)
		return r;
	r = diff_entries(&present, wanted, &edits, error);
	if (r < 0)
		return r;
	r = apply_counted(fence, &edits, count_prefixes(&present), error);
	*ret_changes = count_changes(&edits);
	return r < 0 ? r : report_refused(fence, &edits, error);
}
