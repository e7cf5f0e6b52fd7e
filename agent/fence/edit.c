/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Some entries at once, without a look at all the others. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "fence/fence.h"
#include "fence/private.h"
#include "fence/settings.h"
#include "fence/table.h"

/* Edits of one kind in `blocks`, side by side as the kernel takes them. */
struct batch {
	struct fence_edit **edits;
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
	batch->edits = calloc(count, sizeof(struct fence_edit *));
	batch->keys = calloc(count, sizeof(*batch->keys));
	batch->values = calloc(count, sizeof(*batch->values));
	batch->done = calloc(count, sizeof(*batch->done));
	if (!batch->edits || !batch->keys || !batch->values || !batch->done)
		return error_set(error, -ENOMEM, "out of memory");
	return 0;
}

static void batch_gather(struct batch *batch, struct fence_edit *edits, size_t count, bool clear)
{
	for (size_t i = 0; i < count; i++) {
		if (edits[i].clear != clear || table_of(&edits[i].entry.prefix) != TABLE_BLOCKS)
			continue;
		batch->edits[batch->count] = &edits[i];
		batch->keys[batch->count] = edits[i].entry.prefix;
		batch->values[batch->count++] = table_block(&edits[i].entry);
	}
}

/* -ENOSPC: some did not fit. */
static int batch_write(struct fence *fence, struct batch *batch, struct error *error)
{
	char limit[TABLE_LIMIT_TEXT_MAX];
	size_t refused = 0;
	int r = table_write(fence, TABLE_BLOCKS, batch->keys, batch->values, batch->count,
			    batch->done, error);

	for (size_t i = 0; i < batch->count; i++)
		refused += !batch->done[i];
	if (r < 0 || refused == 0)
		return r;
	return error_set(error, -ENOSPC,
			 "the kernel's map is full: %zu entries are not in force; raise %s and "
			 "restart smtpfenced",
			 refused, table_limit(fence, TABLE_BLOCKS, limit));
}

static int edit_blocks(struct fence *fence, struct fence_edit *edits, size_t count, bool clear,
		       struct error *error)
{
	_cleanup_(batch_clear) struct batch batch = {};
	int r = batch_allocate(&batch, count, error);

	if (r < 0)
		return r;
	batch_gather(&batch, edits, count, clear);
	if (batch.count == 0)
		return 0;
	r = clear ? table_delete_each(fence, TABLE_BLOCKS, batch.keys, batch.count, batch.done,
				      error)
		  : batch_write(fence, &batch, error);
	for (size_t i = 0; i < batch.count; i++)
		batch.edits[i]->done = batch.done[i];
	return r;
}

/* `prefixes` is small, and its count is kept with each of them. */
static int edit_prefixes(struct fence *fence, struct fence_edit *edits, size_t count,
			 struct error *error)
{
	int first = 0;

	for (size_t i = 0; i < count; i++) {
		struct error *told = first < 0 ? NULL : error;
		int r;

		if (table_of(&edits[i].entry.prefix) == TABLE_BLOCKS)
			continue;
		r = edits[i].clear ? fence_clear(fence, &edits[i].entry.prefix, told)
				   : fence_set(fence, &edits[i].entry, told);
		edits[i].done = r >= 0;
		first = first < 0 ? first : r;
	}
	return first;
}

/* A full map is the least of several problems: it keeps no entry in that has to go. */
static int worse(int first, int second, const struct error *told, struct error *error)
{
	if (second >= 0 || (first < 0 && first != -ENOSPC))
		return first;
	return error_set(error, second, "%s", told->text);
}

int fence_edit_each(struct fence *fence, struct fence_edit *edits, size_t count,
		    struct error *error)
{
	struct error told = {};
	int r;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		edits[i].done = false;
	r = edit_blocks(fence, edits, count, false, error);
	r = worse(r, edit_blocks(fence, edits, count, true, &told), &told, error);
	r = worse(r, edit_prefixes(fence, edits, count, &told), &told, error);
	return worse(r, settings_judge_anew(fence, &told), &told, error);
}
