/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Some entries at once, without a look at all the others. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "fence/fence.h"
#include "fence/private.h"
#include "fence/settings.h"
#include "fence/table.h"

/*
 * Exceptions come before the blocks around them and go after them: no source must be blocked, for
 * however short, while its exception is away. And what is to go goes after what is to come.
 */
struct turn {
	bool clear;
	enum smtpfence_action action;
};

static const struct turn turns[] = {
	{false, SMTPFENCE_ACTION_ALLOW},
	{false, SMTPFENCE_ACTION_DROP},
	{true, SMTPFENCE_ACTION_DROP},
	{true, SMTPFENCE_ACTION_ALLOW},
};
#define TURNS_THAT_SET 2 /* the first ones */

static bool is_of(const struct fence_edit *edit, const struct turn *turn)
{
	return edit->clear == turn->clear && edit->entry.action == turn->action;
}

static bool has_its_turn(const struct fence_edit *edit, const struct turn *turn, enum table table)
{
	return is_of(edit, turn) && !edit->done && !edit->held &&
	       table_of(&edit->entry.prefix) == table;
}

/* Edits of one turn in `blocks`, side by side as the kernel takes them. */
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

static void batch_gather(struct batch *batch, struct fence_edit *edits, size_t count,
			 const struct turn *turn)
{
	for (size_t i = 0; i < count; i++) {
		if (!has_its_turn(&edits[i], turn, TABLE_BLOCKS))
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

static size_t count_turn(const struct fence_edit *edits, size_t count, const struct turn *turn,
			 enum table table)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += has_its_turn(&edits[i], turn, table);
	return found;
}

static int edit_blocks(struct fence *fence, struct fence_edit *edits, size_t count,
		       const struct turn *turn, struct error *error)
{
	_cleanup_(batch_clear) struct batch batch = {};
	size_t found = count_turn(edits, count, turn, TABLE_BLOCKS);
	int r = found > 0 ? batch_allocate(&batch, found, error) : 0;

	if (r < 0 || found == 0)
		return r;
	batch_gather(&batch, edits, count, turn);
	r = turn->clear ? table_delete_each(fence, TABLE_BLOCKS, batch.keys, batch.count,
					    batch.done, error)
			: batch_write(fence, &batch, error);
	for (size_t i = 0; i < batch.count; i++)
		batch.edits[i]->done = batch.done[i];
	return r;
}

/* `prefixes` is small, and its count is kept with each of them. */
static int edit_prefixes(struct fence *fence, struct fence_edit *edits, size_t count,
			 const struct turn *turn, struct error *error)
{
	int first = 0;

	for (size_t i = 0; i < count; i++) {
		struct error *told = first < 0 ? NULL : error;
		int r;

		if (!has_its_turn(&edits[i], turn, TABLE_PREFIXES))
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

static int take_turn(struct fence *fence, struct fence_edit *edits, size_t count,
		     const struct turn *turn, struct error *error)
{
	struct error told = {};
	int r = edit_blocks(fence, edits, count, turn, error);

	return worse(r, edit_prefixes(fence, edits, count, turn, &told), &told, error);
}

static void hold_around(struct fence_edit *edits, size_t count,
			const struct smtpfence_prefix *exception)
{
	static const struct turn blocks = {false, SMTPFENCE_ACTION_DROP};

	for (size_t i = 0; i < count; i++)
		edits[i].held |= is_of(&edits[i], &blocks) &&
				 prefix_contains(&edits[i].entry.prefix, exception);
}

static void hold_inside(struct fence_edit *edits, size_t count,
			const struct smtpfence_prefix *block)
{
	static const struct turn exceptions = {true, SMTPFENCE_ACTION_ALLOW};

	for (size_t i = 0; i < count; i++)
		edits[i].held |= is_of(&edits[i], &exceptions) &&
				 prefix_contains(block, &edits[i].entry.prefix);
}

/*
 * After a turn that went wrong: a block that would hit a source whose exception is not in waits for
 * it, and an exception stays as long as a block around it could not be taken away.
 */
static void hold_back(struct fence_edit *edits, size_t count, const struct turn *turn)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_of(&edits[i], turn) || edits[i].done)
			continue;
		if (!turn->clear && turn->action == SMTPFENCE_ACTION_ALLOW)
			hold_around(edits, count, &edits[i].entry.prefix);
		if (turn->clear && turn->action == SMTPFENCE_ACTION_DROP)
			hold_inside(edits, count, &edits[i].entry.prefix);
	}
}

/* The first @turn_count turns, with whatever is not done yet. */
static int take_turns(struct fence *fence, struct fence_edit *edits, size_t count,
		      size_t turn_count, struct error *error)
{
	struct error told = {};
	int first = 0;

	for (size_t i = 0; i < count; i++)
		edits[i].held = false;
	for (size_t i = 0; i < turn_count; i++) {
		int r = take_turn(fence, edits, count, &turns[i], &told);

		if (r < 0)
			hold_back(edits, count, &turns[i]);
		first = worse(first, r, &told, error);
	}
	return first;
}

static bool has_made_room(const struct fence_edit *edits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (edits[i].clear && edits[i].done)
			return true;
	return false;
}

/* Only what did not fit waits for the room that is made by what goes. */
int fence_edit_each(struct fence *fence, struct fence_edit *edits, size_t count,
		    struct error *error)
{
	struct error told = {};
	int r;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		edits[i].done = false;
	r = take_turns(fence, edits, count, ARRAY_SIZE(turns), error);
	if (r == -ENOSPC && has_made_room(edits, count))
		r = take_turns(fence, edits, count, TURNS_THAT_SET, error);
	return worse(r, settings_judge_anew(fence, &told), &told, error);
}
