/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/decision_table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/prefix.h"

/* A place in a list that is sorted by decision_compare. */
struct cursor {
	const struct decision *next, *end;
};

static struct cursor cursor_of(const struct decision *items, size_t count)
{
	return (struct cursor){items, items + count};
}

/* The one of the two next that stands before the other, @a's of equals; NULL: both are at the end.
 */
static const struct decision *first_of(const struct cursor *a, const struct cursor *b)
{
	if (a->next == a->end)
		return b->next == b->end ? NULL : b->next;
	if (b->next == b->end)
		return a->next;
	return decision_compare(a->next, b->next) <= 0 ? a->next : b->next;
}

/* Goes behind @item, which need not be there; returns whether it is. */
static bool pass(struct cursor *cursor, const struct decision *item)
{
	while (cursor->next != cursor->end && decision_compare(cursor->next, item) < 0)
		cursor->next++;
	if (cursor->next == cursor->end || decision_compare(cursor->next, item) != 0)
		return false;
	cursor->next++;
	return true;
}

/* Goes behind all of @prefix; returns the end of the one that ends last, 0 where there is none. */
static int64_t pass_prefix(struct cursor *cursor, const struct smtpfence_prefix *prefix)
{
	int64_t until = 0;
	int order;

	for (; cursor->next != cursor->end; cursor->next++) {
		order = prefix_compare(&cursor->next->prefix, prefix);
		if (order > 0)
			break;
		if (order == 0 && cursor->next->until > until)
			until = cursor->next->until;
	}
	return until;
}

/* What of @table has not ended with @answer, and what has begun. */
static int merge(const struct decision_table *table, const struct decisions *answer,
		 struct decision_table *ret)
{
	struct cursor old = cursor_of(table->items, table->count);
	struct cursor begun = cursor_of(answer->begun, answer->begun_count);
	struct cursor ended = cursor_of(answer->ended, answer->ended_count);
	const struct decision *item;

	ret->items = calloc(table->count + answer->begun_count + 1, sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	while ((item = first_of(&begun, &old))) {
		bool begins = pass(&begun, item);

		pass(&old, item);
		if (begins || !pass(&ended, item))
			ret->items[ret->count++] = *item;
	}
	return 0;
}

static int add_listing(struct feed_batch *batch, const struct smtpfence_prefix *prefix,
		       int64_t until)
{
	struct listing *grown = array_grow(batch->listings, batch->listing_count, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	batch->listings = grown;
	grown[batch->listing_count++] = (struct listing){.prefix = *prefix, .until = until};
	return 0;
}

static int add_removed(struct feed_batch *batch, const struct smtpfence_prefix *prefix)
{
	struct smtpfence_prefix *grown =
		array_grow(batch->removed, batch->removed_count, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	batch->removed = grown;
	grown[batch->removed_count++] = *prefix;
	return 0;
}

/* Tells of every prefix that @a or @b names what @table, the new one, says of it. */
static int tell(struct feed_batch *batch, struct cursor a, struct cursor b,
		const struct decision_table *table)
{
	struct cursor now = cursor_of(table->items, table->count);
	const struct decision *item;
	int r = 0;

	while (r >= 0 && (item = first_of(&a, &b))) {
		int64_t until = pass_prefix(&now, &item->prefix);

		r = until ? add_listing(batch, &item->prefix, until)
			  : add_removed(batch, &item->prefix);
		pass_prefix(&a, &item->prefix);
		pass_prefix(&b, &item->prefix);
	}
	return r;
}

static int add(const struct decision_table *table, struct decisions *answer, bool whole,
	       struct decision_table *ret, struct feed_batch *batch)
{
	int r;

	if (whole) {
		ret->count = answer->begun_count;
		ret->items = STEAL(answer->begun);
		answer->begun_count = 0;
		return tell(batch, cursor_of(ret->items, ret->count), cursor_of(NULL, 0), ret);
	}
	r = merge(table, answer, ret);
	if (r < 0)
		return r;
	return tell(batch, cursor_of(answer->begun, answer->begun_count),
		    cursor_of(answer->ended, answer->ended_count), ret);
}

int decision_table_add(const struct decision_table *table, struct decisions *answer, bool whole,
		       struct decision_table *ret, struct feed_batch **ret_batch,
		       struct error *error)
{
	_cleanup_(feed_batch_freep) struct feed_batch *batch = calloc(1, sizeof(*batch));
	struct decision_table next = {0};

	if (!batch || add(table, answer, whole, &next, batch) < 0) {
		decision_table_clear(&next);
		return error_set(error, -ENOMEM, "out of memory");
	}
	batch->kind = CONFIG_FEED_LIST;
	batch->delta = !whole;
	*ret = next;
	*ret_batch = STEAL(batch);
	return 0;
}

void decision_table_clear(struct decision_table *table)
{
	free(table->items);
	*table = (struct decision_table){0};
}
