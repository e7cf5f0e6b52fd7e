/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What list feeds list: which lists there are, and looking prefixes up in all of them. */
#include "store/lists.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/prefix.h"

int lists_load(struct store *store, struct lists *ret, struct error *error)
{
	_cleanup_query_ struct query query = query_open(
		store, "SELECT id, feed FROM lists WHERE feed IS NOT NULL ORDER BY feed");
	struct list_name *items;
	int r;

	*ret = (struct lists){0};
	while ((r = query_step(&query, error)) > 0) {
		items = array_grow(ret->items, ret->count, sizeof(*items));
		if (!items) {
			lists_clear(ret);
			return error_set(error, -ENOMEM, "out of memory");
		}
		ret->items = items;
		items[ret->count].id = query_int(&query);
		query_copy_text(&query, items[ret->count++].feed, SENTENCE_SOURCE_MAX);
	}
	if (r < 0)
		lists_clear(ret);
	return r;
}

void lists_clear(struct lists *lists)
{
	free(lists->items);
	*lists = (struct lists){0};
}

int list_id(struct store *store, const char *feed, int64_t *ret, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT id FROM lists WHERE feed = ?");
	int r;

	query_bind_text(&query, feed);
	r = query_step(&query, error);
	if (r > 0)
		*ret = query_int(&query);
	return r;
}

/* All lists side by side. */
struct walk {
	struct lists lists;
	struct list_cursor *cursors; /* one a list */
	uint8_t last[PREFIX_KEY_SIZE];
};

static void walk_close(struct walk *walk)
{
	for (size_t i = 0; i < walk->lists.count && walk->cursors; i++)
		list_cursor_close(&walk->cursors[i]);
	free(walk->cursors);
	lists_clear(&walk->lists);
}

static int walk_open(struct walk *walk, struct store *store, const struct smtpfence_prefix *in,
		     const struct smtpfence_prefix *after, struct error *error)
{
	const struct smtpfence_prefix *from = in;
	int r = lists_load(store, &walk->lists, error);

	if (r < 0)
		return r;
	if (after && (!in || prefix_compare(after, in) > 0))
		from = after;
	key_write_last(in, walk->last);
	walk->cursors = calloc(walk->lists.count + 1, sizeof(*walk->cursors));
	if (!walk->cursors)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < walk->lists.count; i++)
		list_cursor_open(&walk->cursors[i], store, walk->lists.items[i].id, from,
				 walk->last);
	return 0;
}

/* The list that goes on first, of several the first by name. 1: found; 0: all are at their end. */
static int walk_first(struct walk *walk, size_t *ret, const uint8_t **ret_record,
		      struct error *error)
{
	const uint8_t *record = NULL, *first = NULL;

	for (size_t i = 0; i < walk->lists.count; i++) {
		int r = list_cursor_peek(&walk->cursors[i], &record, error);

		if (r < 0)
			return r;
		if (r == 0 || memcmp(record, walk->last, PREFIX_KEY_SIZE) > 0 ||
		    (first && memcmp(record, first, PREFIX_KEY_SIZE) >= 0))
			continue;
		first = record;
		*ret = i;
	}
	*ret_record = first;
	return first != NULL;
}

int store_each_listing(struct store *store, const struct smtpfence_prefix *in,
		       const struct smtpfence_prefix *after, listing_fn fn, void *userdata,
		       struct error *error)
{
	_cleanup_(walk_close) struct walk walk = {0};
	const uint8_t *record = NULL;
	struct listing listing;
	size_t first = 0;
	int r = walk_open(&walk, store, in, after, error);

	if (r < 0)
		return r;
	while ((r = walk_first(&walk, &first, &record, error)) > 0) {
		record_read(record, &listing);
		list_cursor_pass(&walk.cursors[first]);
		if (in && !prefix_contains(in, &listing.prefix))
			continue;
		if (after && prefix_compare(&listing.prefix, after) <= 0)
			continue;
		r = fn(&listing, walk.lists.items[first].feed, userdata);
		if (r != 0)
			break;
	}
	return r;
}

struct store_finder {
	struct lists lists;
	struct list_finder *finders; /* one a list */
};

int store_finder_new(struct store *store, struct store_finder **ret, struct error *error)
{
	_cleanup_(store_finder_freep) struct store_finder *finder = calloc(1, sizeof(*finder));
	int r;

	if (!finder)
		return error_set(error, -ENOMEM, "out of memory");
	r = lists_load(store, &finder->lists, error);
	if (r < 0)
		return r;
	finder->finders = calloc(finder->lists.count + 1, sizeof(*finder->finders));
	if (!finder->finders)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < finder->lists.count; i++)
		list_finder_open(&finder->finders[i], store);
	*ret = STEAL(finder);
	return 0;
}

void store_finder_free(struct store_finder *finder)
{
	if (!finder)
		return;
	for (size_t i = 0; i < finder->lists.count && finder->finders; i++)
		list_finder_close(&finder->finders[i]);
	free(finder->finders);
	lists_clear(&finder->lists);
	free(finder);
}

int store_find_listings(struct store_finder *finder, const struct smtpfence_prefix *prefix,
			listing_fn fn, void *userdata, struct error *error)
{
	struct listing listing = {.prefix = *prefix};

	for (size_t i = 0; i < finder->lists.count; i++) {
		int r = list_find(&finder->finders[i], finder->lists.items[i].id, prefix,
				  &listing.until, error);

		if (r > 0)
			r = fn(&listing, finder->lists.items[i].feed, userdata);
		if (r != 0)
			return r;
	}
	return 0;
}

struct question {
	int64_t now;
};

static int is_in_force(const struct listing *listing, const char *feed, void *userdata)
{
	const struct question *question = userdata;

	(void)feed;
	return listing->until == 0 || listing->until > question->now;
}

int store_is_listed(struct store_finder *finder, const struct smtpfence_prefix *prefix, int64_t now,
		    struct error *error)
{
	struct question question = {now};

	return store_find_listings(finder, prefix, is_in_force, &question, error);
}

int store_next_listing_end(struct store *store, int64_t *ret, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT ends FROM chunks JOIN lists ON id = list WHERE ends > 0 "
				  "AND feed IS NOT NULL ORDER BY ends LIMIT 1");
	int r = query_step(&query, error);

	*ret = r > 0 ? query_int(&query) : 0;
	return r < 0 ? r : 0;
}

static bool is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

int store_keep_lists(struct store *store, const char *const *names, size_t count,
		     struct error *error)
{
	_cleanup_(lists_clear) struct lists lists = {0};
	int r = lists_load(store, &lists, error), forgotten = 0;

	for (size_t i = 0; i < lists.count && r >= 0; i++) {
		if (is_among(lists.items[i].feed, names, count))
			continue;
		r = list_forget(store, lists.items[i].feed, error);
		forgotten++;
	}
	return r < 0 ? r : forgotten;
}
