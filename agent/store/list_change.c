/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list is changed by difference: what a reading of it says against what is stored. */
#include "store/internal.h"

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

/* A walk over what is stored and what is read, both in the same order, side by side. */
struct comparison {
	const struct list_reading *reading;
	struct list_change *change;
	size_t next_named, next_removed;
};

static bool has_ended(const struct comparison *comparison, int64_t until)
{
	return until > 0 && until <= comparison->reading->now;
}

static int64_t end_of(const struct comparison *comparison, const struct listing *named)
{
	return named->until ? named->until : comparison->reading->until;
}

/* Adds all that is named before @end (NULL: all that is left). */
static int add_until(struct comparison *comparison, const struct smtpfence_prefix *end)
{
	const struct list_reading *reading = comparison->reading;
	int r = 0;

	while (r >= 0 && comparison->next_named < reading->named_count) {
		const struct listing *named = &reading->named[comparison->next_named];
		int64_t until = end_of(comparison, named);

		if (end && prefix_compare(&named->prefix, end) >= 0)
			break;
		comparison->next_named++;
		if (!has_ended(comparison, until))
			r = add_edit(comparison->change, LIST_ADD, &named->prefix, until);
	}
	return r;
}

static bool is_removed(struct comparison *comparison, const struct smtpfence_prefix *prefix)
{
	const struct list_reading *reading = comparison->reading;
	size_t *next = &comparison->next_removed;

	while (*next < reading->removed_count &&
	       prefix_compare(&reading->removed[*next], prefix) < 0)
		++*next;
	return *next < reading->removed_count &&
	       prefix_compare(&reading->removed[*next], prefix) == 0;
}

/* What becomes of a stored one that the reading does not name. */
static int miss(struct comparison *comparison, const struct listing *stored)
{
	const struct list_reading *reading = comparison->reading;
	bool stays = reading->delta ? !is_removed(comparison, &stored->prefix)
				    : reading->lingers && stored->until > 0;

	if (stays && !has_ended(comparison, stored->until))
		return 0;
	return add_edit(comparison->change, LIST_REMOVE, &stored->prefix, 0);
}

static int meet(struct comparison *comparison, const struct listing *stored)
{
	const struct list_reading *reading = comparison->reading;
	const struct listing *named;
	int64_t until;
	int r = add_until(comparison, &stored->prefix);

	if (r < 0)
		return r;
	if (comparison->next_named == reading->named_count)
		return miss(comparison, stored);
	named = &reading->named[comparison->next_named];
	if (prefix_compare(&named->prefix, &stored->prefix) != 0)
		return miss(comparison, stored);
	comparison->next_named++;
	until = end_of(comparison, named);
	if (has_ended(comparison, until))
		return add_edit(comparison->change, LIST_REMOVE, &stored->prefix, 0);
	if (until == stored->until)
		return 0;
	return add_edit(comparison->change, LIST_EXTEND, &stored->prefix, until);
}

static int compare(struct store *store, const char *feed, struct comparison *comparison,
		   struct error *error)
{
	_cleanup_query_ struct query query = query_open(
		store, "SELECT prefix, until FROM listings WHERE feed = ? ORDER BY prefix");
	struct listing stored;
	int step, r = 0;

	query_bind_text(&query, feed);
	while (r >= 0 && (step = query_step(&query, error)) != 0) {
		if (step < 0)
			return step;
		comparison->change->before++;
		query_prefix(&query, &stored.prefix);
		stored.until = query_int(&query);
		r = meet(comparison, &stored);
	}
	if (r >= 0)
		r = add_until(comparison, NULL);
	return r < 0 ? error_set(error, r, "feed \"%s\": out of memory", feed) : 0;
}

int store_compare_list(struct store *store, const char *feed, const struct list_reading *reading,
		       struct list_change *ret, struct error *error)
{
	struct comparison comparison = {.reading = reading, .change = ret};
	int r;

	*ret = (struct list_change){0};
	r = compare(store, feed, &comparison, error);
	if (r < 0)
		list_change_clear(ret);
	return r;
}

/* Whose listing ended first. 1: found; 0: none has ended. */
static int find_feed(struct store *store, int64_t now, char feed[SENTENCE_SOURCE_MAX],
		     struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT feed FROM listings WHERE until > 0 AND until <= ? "
				  "ORDER BY until LIMIT 1");
	int r;

	query_bind_int(&query, now);
	r = query_step(&query, error);
	if (r > 0)
		query_copy_text(&query, feed, SENTENCE_SOURCE_MAX);
	return r;
}

int store_find_ended(struct store *store, int64_t now, size_t limit, char feed[SENTENCE_SOURCE_MAX],
		     struct list_change *ret, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT prefix FROM listings WHERE feed = ? AND until > 0 "
				  "AND until <= ? ORDER BY prefix LIMIT ?");
	struct smtpfence_prefix prefix;
	int r;

	*ret = (struct list_change){0};
	r = find_feed(store, now, feed, error);
	if (r <= 0)
		return r;
	query_bind_text(&query, feed);
	query_bind_int(&query, now);
	query_bind_int(&query, (int64_t)limit);
	while ((r = query_step(&query, error)) > 0) {
		query_prefix(&query, &prefix);
		r = add_edit(ret, LIST_REMOVE, &prefix, 0);
		if (r < 0) {
			list_change_clear(ret);
			return error_set(error, r, "feed \"%s\": out of memory", feed);
		}
	}
	if (r < 0)
		list_change_clear(ret);
	return r;
}

static int put(struct query *query, const char *feed, const struct list_edit *edit,
	       struct error *error)
{
	query_rewind(query);
	query_bind_text(query, feed);
	query_bind_prefix(query, &edit->prefix);
	if (edit->kind != LIST_REMOVE)
		query_bind_int(query, edit->until);
	return query_run(query, error);
}

int store_change_list(struct store *store, const char *feed, const struct list_change *change,
		      struct error *error)
{
	_cleanup_query_ struct query write = query_open(
		store, "INSERT OR REPLACE INTO listings (feed, prefix, until) VALUES (?, ?, ?)");
	_cleanup_query_ struct query remove =
		query_open(store, "DELETE FROM listings WHERE feed = ? AND prefix = ?");
	int r = 0;

	for (size_t i = 0; i < change->count && r >= 0; i++) {
		const struct list_edit *edit = &change->edits[i];

		r = put(edit->kind == LIST_REMOVE ? &remove : &write, feed, edit, error);
	}
	return r < 0 ? r : 0;
}
