/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far each receiver of notices has got in the audit trail. */
#include "store/internal.h"

#include <errno.h>
#include <string.h>

int store_get_receiver(struct store *store, const char *name, int64_t *ret, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT delivered FROM receivers WHERE name = ?");
	int r;

	query_bind_text(&query, name);
	r = query_step(&query, error);
	if (r < 0)
		return r;
	if (r == 0)
		return error_set(error, -ENOENT, "receiver \"%s\": not known yet", name);
	*ret = query_int(&query);
	return 0;
}

static int put(struct store *store, const char *name, int64_t delivered, struct error *error)
{
	_cleanup_query_ struct query query = query_open(
		store, "INSERT OR REPLACE INTO receivers (name, delivered) VALUES (?, ?)");
	int r;

	query_bind_text(&query, name);
	query_bind_int(&query, delivered);
	r = query_run(&query, error);
	return r < 0 ? r : 0;
}

/* The log that is not synced here is by the next commit that is. */
int store_put_receiver(struct store *store, const char *name, int64_t delivered,
		       struct error *error)
{
	int back, r = store_run(store, "PRAGMA synchronous = NORMAL", error);

	if (r < 0)
		return r;
	r = put(store, name, delivered, error);
	back = store_run(store, "PRAGMA synchronous = FULL", r < 0 ? NULL : error);
	return r < 0 ? r : back;
}

static bool is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int forget(struct store *store, const char *name, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "DELETE FROM receivers WHERE name = ?");

	query_bind_text(&query, name);
	return query_run(&query, error);
}

/* The first one that is not wanted, as a copy. 1: there is one; 0: none. */
static int next_unwanted(struct store *store, const char *const *names, size_t count, char **ret,
			 struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT name FROM receivers ORDER BY name");
	int r;

	while ((r = query_step(&query, error)) > 0) {
		const char *name = query_text(&query);

		if (is_among(name, names, count))
			continue;
		*ret = strdup(name);
		return *ret ? 1 : error_set(error, -ENOMEM, "out of memory");
	}
	return r;
}

int store_keep_receivers(struct store *store, const char *const *names, size_t count,
			 struct error *error)
{
	int r;

	do {
		_cleanup_free_ char *name = NULL;

		r = next_unwanted(store, names, count, &name, error);
		if (r > 0)
			r = forget(store, name, error);
	} while (r > 0);
	return r;
}
