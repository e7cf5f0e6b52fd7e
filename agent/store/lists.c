/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What list feeds list. A new reading of a list is taken over by difference. */
#include "store/internal.h"

#include <errno.h>
#include <string.h>

#include "base/prefix.h"
#include "base/prefix_list.h"

struct difference {
	struct prefix_list added, removed;
	size_t before;
};

static void difference_clear(struct difference *difference)
{
	prefix_list_clear(&difference->added);
	prefix_list_clear(&difference->removed);
}

/* Takes all of @prefixes from *@next on that stand before @end (NULL: all that are left). */
static int add_until(struct difference *difference, const struct smtpfence_prefix *prefixes,
		     size_t count, size_t *next, const struct smtpfence_prefix *end)
{
	while (*next < count && (!end || prefix_compare(&prefixes[*next], end) < 0))
		if (prefix_list_add(&difference->added, &prefixes[(*next)++]) < 0)
			return -ENOMEM;
	return 0;
}

/* Both sides are in the same order, so one walk finds what only one of them has. */
static int compare_list(struct store *store, const char *feed,
			const struct smtpfence_prefix *prefixes, size_t count,
			struct difference *ret, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT prefix FROM listings WHERE feed = ? ORDER BY prefix");
	struct smtpfence_prefix stored;
	size_t next = 0;
	int step, r = 0;

	query_bind_text(&query, feed);
	while (r >= 0 && (step = query_step(&query, error)) != 0) {
		if (step < 0)
			return step;
		ret->before++;
		query_prefix(&query, &stored);
		r = add_until(ret, prefixes, count, &next, &stored);
		if (r >= 0 && next < count && prefix_compare(&prefixes[next], &stored) == 0)
			next++;
		else if (r >= 0)
			r = prefix_list_add(&ret->removed, &stored);
	}
	if (r >= 0)
		r = add_until(ret, prefixes, count, &next, NULL);
	return r < 0 ? error_set(error, r, "feed \"%s\": out of memory", feed) : 0;
}

static struct store_list_change change_of(const struct difference *difference)
{
	return (struct store_list_change){
		.added = difference->added.count,
		.removed = difference->removed.count,
		.before = difference->before,
	};
}

int store_diff_list(struct store *store, const char *feed, const struct smtpfence_prefix *prefixes,
		    size_t count, struct store_list_change *ret, struct error *error)
{
	_cleanup_(difference_clear) struct difference difference = {0};
	int r = compare_list(store, feed, prefixes, count, &difference, error);

	*ret = change_of(&difference);
	return r;
}

/* Runs @sql, whose parameters are feed and prefix, for each. */
static int run_each(struct store *store, const char *sql, const char *feed,
		    const struct prefix_list *list, struct error *error)
{
	_cleanup_query_ struct query query = query_open(store, sql);
	int r = 0;

	for (size_t i = 0; i < list->count && r >= 0; i++) {
		query_rewind(&query);
		query_bind_text(&query, feed);
		query_bind_prefix(&query, &list->items[i]);
		r = query_run(&query, error);
	}
	return r < 0 ? r : 0;
}

int store_replace_list(struct store *store, const char *feed,
		       const struct smtpfence_prefix *prefixes, size_t count,
		       struct store_list_change *ret, struct error *error)
{
	_cleanup_(difference_clear) struct difference difference = {0};
	int r = compare_list(store, feed, prefixes, count, &difference, error);

	*ret = change_of(&difference);
	if (r >= 0)
		r = run_each(store, "DELETE FROM listings WHERE feed = ? AND prefix = ?", feed,
			     &difference.removed, error);
	if (r >= 0)
		r = run_each(store, "INSERT INTO listings (feed, prefix) VALUES (?, ?)", feed,
			     &difference.added, error);
	return r;
}

int store_each_listing(struct store *store, const struct smtpfence_prefix *in,
		       const struct smtpfence_prefix *after, listing_fn fn, void *userdata,
		       struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT prefix, feed FROM listings "
				  "WHERE prefix BETWEEN ? AND ? ORDER BY prefix, feed");
	struct smtpfence_prefix prefix;
	int r;

	query_bind_range(&query, in, after);
	while ((r = query_step(&query, error)) > 0) {
		query_prefix(&query, &prefix);
		if (in && !prefix_contains(in, &prefix))
			continue;
		if (after && prefix_compare(&prefix, after) <= 0)
			continue;
		r = fn(&prefix, query_text(&query), userdata);
		if (r != 0)
			break;
	}
	return r;
}

int store_is_listed(struct store *store, const struct smtpfence_prefix *prefix, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT 1 FROM listings WHERE prefix = ? LIMIT 1");

	query_bind_prefix(&query, prefix);
	return query_step(&query, error);
}

/* From one feed's name to the next by the index, without reading all that they list. */
static int next_feed(struct store *store, char feed[SENTENCE_SOURCE_MAX], struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT min(feed) FROM listings WHERE feed > ?");
	int r;

	query_bind_text(&query, feed);
	r = query_step(&query, error);
	if (r > 0)
		query_copy_text(&query, feed, SENTENCE_SOURCE_MAX);
	return r < 0 ? r : feed[0] != '\0';
}

static bool is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int forget_list(struct store *store, const char *feed, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "DELETE FROM listings WHERE feed = ?");

	query_bind_text(&query, feed);
	return query_run(&query, error);
}

int store_keep_lists(struct store *store, const char *const *names, size_t count,
		     struct error *error)
{
	char feed[SENTENCE_SOURCE_MAX] = "";
	int r, forgotten = 0;

	while ((r = next_feed(store, feed, error)) > 0) {
		if (is_among(feed, names, count))
			continue;
		r = forget_list(store, feed, error);
		if (r < 0)
			break;
		forgotten++;
	}
	return r < 0 ? r : forgotten;
}
