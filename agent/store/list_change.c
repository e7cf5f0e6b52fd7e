/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list is changed by difference: what a reading of it says against what is stored. */
#include "store/lists.h"

#include <errno.h>

#include "base/array.h"
#include "base/prefix.h"

void list_change_clear(struct list_change *change)
{
	free(change->edits);
	*change = (struct list_change){0};
}

static int add_edit(struct list_change *change, enum list_edit_kind kind,
		    const struct smtpfence_prefix *prefix, int64_t until)
{
	struct list_edit *edits = array_grow(change->edits, change->count, sizeof(*edits));

	if (!edits)
		return -ENOMEM;
	change->edits = edits;
	edits[change->count++] = (struct list_edit){*prefix, kind, until};
	change->added += kind == LIST_ADD;
	change->removed += kind == LIST_REMOVE;
	return 0;
}

struct comparison {
	const struct list_reading *reading;
	struct list_change *change;
};

static bool has_ended(const struct list_reading *reading, int64_t until)
{
	return until > 0 && until <= reading->now;
}

/* A new reading of all there is takes away what it does not name, unless that has its own end. */
static bool stays(const struct list_reading *reading, int64_t until)
{
	return !reading->delta && reading->lingers && until > 0 && !has_ended(reading, until);
}

/* What becomes of a prefix: @stored is its end if it is listed, @named what the reading says. */
static int compare(struct comparison *comparison, const struct smtpfence_prefix *prefix,
		   const int64_t *stored, const struct listing *named)
{
	const struct list_reading *reading = comparison->reading;
	int64_t until = named && named->until ? named->until : reading->until;

	if (!named || has_ended(reading, until))
		return stored && (named || !stays(reading, *stored))
			       ? add_edit(comparison->change, LIST_REMOVE, prefix, 0)
			       : 0;
	if (!stored)
		return add_edit(comparison->change, LIST_ADD, prefix, until);
	if (*stored != until)
		return add_edit(comparison->change, LIST_EXTEND, prefix, until);
	return 0;
}

/* A reading of all there is, side by side with all that is stored. */
static int compare_all(struct store *store, int64_t list, struct comparison *comparison,
		       struct error *error)
{
	const struct listing *named = comparison->reading->named;
	const struct listing *end = named + comparison->reading->named_count;
	_cleanup_(list_cursor_close) struct list_cursor cursor;
	const uint8_t *record;
	struct listing stored;
	int more, order, r = 0;

	list_cursor_open(&cursor, store, list, NULL, NULL);
	while (r >= 0) {
		more = list_cursor_peek(&cursor, &record, error);
		if (more < 0 || (more == 0 && named == end))
			return more;
		order = more ? -1 : 1;
		if (more)
			record_read(record, &stored);
		if (more && named < end)
			order = prefix_compare(&stored.prefix, &named->prefix);
		r = compare(comparison, order <= 0 ? &stored.prefix : &named->prefix,
			    order <= 0 ? &stored.until : NULL, order >= 0 ? named : NULL);
		if (order <= 0)
			list_cursor_pass(&cursor);
		named += order >= 0;
	}
	return r;
}

/* Of a list, a delta meets only what it speaks of. */
static int compare_named(struct store *store, int64_t list, struct comparison *comparison,
			 struct error *error)
{
	const struct list_reading *reading = comparison->reading;
	const struct listing *named = reading->named, *end = named + reading->named_count;
	const struct smtpfence_prefix *removed = reading->removed;
	const struct smtpfence_prefix *removed_end = removed + reading->removed_count;
	_cleanup_(list_finder_close) struct list_finder finder;
	int r = 0;

	list_finder_open(&finder, store);
	while (r >= 0 && (named < end || removed < removed_end)) {
		bool names = named < end && (removed == removed_end ||
					     prefix_compare(&named->prefix, removed) <= 0);
		const struct smtpfence_prefix prefix = names ? named->prefix : *removed;
		int64_t stored = 0;

		r = list_find(&finder, list, &prefix, &stored, error);
		if (r < 0)
			return r;
		r = compare(comparison, &prefix, r ? &stored : NULL, names ? named : NULL);
		named += names;
		removed += !names;
	}
	return r;
}

/* 0, also for a feed that has none. */
static int count_entries(struct store *store, int64_t list, size_t *ret, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT sum(count) FROM chunks WHERE list = ?");
	int r;

	query_bind_int(&query, list);
	r = query_step(&query, error);
	*ret = r > 0 ? (size_t)query_int(&query) : 0;
	return r < 0 ? r : 0;
}

int store_compare_list(struct store *store, const char *feed, const struct list_reading *reading,
		       struct list_change *ret, struct error *error)
{
	struct comparison comparison = {.reading = reading, .change = ret};
	int64_t list = 0; /* no list has that id */
	int r = list_id(store, feed, &list, error);

	*ret = (struct list_change){0};
	if (r >= 0)
		r = count_entries(store, list, &ret->before, error);
	if (r < 0)
		return r;
	r = reading->delta ? compare_named(store, list, &comparison, error)
			   : compare_all(store, list, &comparison, error);
	if (r == -ENOMEM)
		error_set(error, r, "feed \"%s\": out of memory", feed);
	if (r < 0)
		list_change_clear(ret);
	return r;
}

/* A chunk of a list in which something has ended, the first to end. 1: found. */
static int find_ended(struct store *store, int64_t now, char feed[SENTENCE_SOURCE_MAX],
		      int64_t *ret_list, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT id, feed FROM chunks JOIN lists ON id = list WHERE "
				  "ends > 0 AND ends <= ? AND feed IS NOT NULL ORDER BY ends "
				  "LIMIT 1");
	int r;

	query_bind_int(&query, now);
	r = query_step(&query, error);
	if (r <= 0)
		return r;
	*ret_list = query_int(&query);
	query_copy_text(&query, feed, SENTENCE_SOURCE_MAX);
	return 1;
}

static int take_ended(const uint8_t *bytes, size_t count, int64_t now, struct list_change *change)
{
	struct listing listing;
	int r = 0;

	for (size_t i = 0; i < count && r >= 0; i++) {
		record_read(bytes + i * RECORD_SIZE, &listing);
		if (listing.until > 0 && listing.until <= now)
			r = add_edit(change, LIST_REMOVE, &listing.prefix, 0);
	}
	return r;
}

int store_find_ended(struct store *store, int64_t now, size_t limit, char feed[SENTENCE_SOURCE_MAX],
		     struct list_change *ret, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT entries FROM chunks WHERE list = ? AND ends > 0 "
				  "AND ends <= ? ORDER BY first");
	const uint8_t *bytes;
	int64_t list;
	size_t count;
	int r;

	*ret = (struct list_change){0};
	r = find_ended(store, now, feed, &list, error);
	if (r <= 0)
		return r;
	query_bind_int(&query, list);
	query_bind_int(&query, now);
	while (ret->count < limit && (r = query_step(&query, error)) > 0) {
		bytes = query_records(&query, &count);
		r = take_ended(bytes, count, now, ret);
		if (r < 0)
			break;
	}
	if (r == -ENOMEM)
		error_set(error, r, "feed \"%s\": out of memory", feed);
	if (r < 0)
		list_change_clear(ret);
	return r < 0 ? r : 0;
}
