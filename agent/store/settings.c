/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small things that outlive the daemon: how far each feed was taken over, and settings. */
#include "store/internal.h"

#include <errno.h>

int store_get_cursor(struct store *store, const char *feed, struct feed_cursor *ret,
		     struct error *error)
{
	_cleanup_query_ struct query query = query_open(
		store,
		"SELECT epoch, serial, generated, applied, records FROM cursors WHERE feed = ?");
	int r;

	query_bind_text(&query, feed);
	r = query_step(&query, error);
	if (r < 0)
		return r;
	if (r == 0)
		return error_set(error, -ENOENT, "feed \"%s\": nothing was taken over yet", feed);
	ret->epoch = (uint64_t)query_int(&query);
	ret->serial = (uint64_t)query_int(&query);
	ret->generated = query_int(&query);
	ret->applied = query_int(&query);
	ret->records = (uint64_t)query_int(&query);
	return 0;
}

int store_put_cursor(struct store *store, const char *feed, const struct feed_cursor *cursor,
		     struct error *error)
{
	_cleanup_query_ struct query query = query_open(
		store, "INSERT OR REPLACE INTO cursors (feed, epoch, serial, generated, applied, "
		       "records) VALUES (?, ?, ?, ?, ?, ?)");
	int r;

	query_bind_text(&query, feed);
	query_bind_int(&query, (int64_t)cursor->epoch);
	query_bind_int(&query, (int64_t)cursor->serial);
	query_bind_int(&query, cursor->generated);
	query_bind_int(&query, cursor->applied);
	query_bind_int(&query, (int64_t)cursor->records);
	r = query_run(&query, error);
	return r < 0 ? r : 0;
}

int store_drop_cursor(struct store *store, const char *feed, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "DELETE FROM cursors WHERE feed = ?");

	query_bind_text(&query, feed);
	return query_run(&query, error);
}

int store_get_setting(struct store *store, const char *key, char *ret, size_t size,
		      struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT value FROM settings WHERE key = ?");
	int r;

	query_bind_text(&query, key);
	r = query_step(&query, error);
	if (r < 0)
		return r;
	store_cut_text(ret, size, r > 0 ? query_text(&query) : "");
	return 0;
}

int store_put_setting(struct store *store, const char *key, const char *value, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)");
	int r;

	query_bind_text(&query, key);
	query_bind_text(&query, value);
	r = query_run(&query, error);
	return r < 0 ? r : 0;
}
