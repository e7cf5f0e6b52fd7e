/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What list feeds list: looking it up. */
#include "store/internal.h"

#include <string.h>

#include "base/prefix.h"

int store_each_listing(struct store *store, const struct smtpfence_prefix *in,
		       const struct smtpfence_prefix *after, listing_fn fn, void *userdata,
		       struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT prefix, until, feed FROM listings "
				  "WHERE prefix BETWEEN ? AND ? ORDER BY prefix, feed");
	struct listing listing;
	int r;

	query_bind_range(&query, in, after);
	while ((r = query_step(&query, error)) > 0) {
		query_prefix(&query, &listing.prefix);
		listing.until = query_int(&query);
		if (in && !prefix_contains(in, &listing.prefix))
			continue;
		if (after && prefix_compare(&listing.prefix, after) <= 0)
			continue;
		r = fn(&listing, query_text(&query), userdata);
		if (r != 0)
			break;
	}
	return r;
}

int store_is_listed(struct store *store, const struct smtpfence_prefix *prefix, int64_t now,
		    struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT 1 FROM listings WHERE prefix = ? "
				  "AND (until = 0 OR until > ?) LIMIT 1");

	query_bind_prefix(&query, prefix);
	query_bind_int(&query, now);
	return query_step(&query, error);
}

int store_next_listing_end(struct store *store, int64_t *ret, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT min(until) FROM listings WHERE until > 0");
	int r = query_step(&query, error);

	*ret = r > 0 ? query_int(&query) : 0;
	return r < 0 ? r : 0;
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
