/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who did what to which source, when and why. */
#include "store/internal.h"

/* So many rows are written between two prunings. */
#define PRUNE_EVERY 1000

static int prune(struct store *store, int64_t newest, struct error *error)
{
	_cleanup_query_ struct query query = query_open(store, "DELETE FROM audit WHERE id <= ?");

	query_bind_int(&query, newest - AUDIT_MAX);
	return query_run(&query, error);
}

int store_add_audit(struct store *store, const struct audit *audit, struct error *error)
{
	_cleanup_query_ struct query query = query_open(
		store, "INSERT INTO audit (ts, event, prefix, state, time, source, reason, "
		       "interface) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
	int64_t id;
	int r;

	query_bind_int(&query, audit->ts);
	query_bind_text(&query, audit->event);
	query_bind_prefix(&query, audit->has_prefix ? &audit->prefix : NULL);
	query_bind_text(&query, audit->state);
	query_bind_int(&query, (int64_t)audit->time);
	query_bind_text(&query, audit->source);
	query_bind_text(&query, audit->reason);
	query_bind_text(&query, audit->interface);
	r = query_run(&query, error);
	if (r < 0)
		return r;
	store->audited = true;
	id = sqlite3_last_insert_rowid(store->db);
	r = id % PRUNE_EVERY == 0 ? prune(store, id, error) : 0;
	return r < 0 ? r : 0;
}

/* AUTOINCREMENT's own note, which outlives the rows. */
int store_newest_audit(struct store *store, int64_t *ret, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT seq FROM sqlite_sequence WHERE name = 'audit'");
	int r = query_step(&query, error);

	*ret = r > 0 ? query_int(&query) : 0;
	return r < 0 ? r : 0;
}

#define COLUMNS	     "id, ts, event, prefix, state, time, source, reason, interface "
#define SELECT_AFTER "SELECT " COLUMNS "FROM audit WHERE id > ? ORDER BY id LIMIT ?"
#define SELECT_LAST                                                                                \
	"SELECT " COLUMNS "FROM (SELECT * FROM audit WHERE id > ? ORDER BY id DESC LIMIT ?) "      \
	"ORDER BY id"
#define SELECT_OF                                                                                  \
	"SELECT " COLUMNS "FROM (SELECT * FROM audit WHERE prefix = ? ORDER BY id DESC LIMIT ?) "  \
	"ORDER BY id"

static void read_audit(struct query *query, struct audit *ret)
{
	ret->id = query_int(query);
	ret->ts = query_int(query);
	query_copy_text(query, ret->event, sizeof(ret->event));
	ret->has_prefix = query_prefix(query, &ret->prefix);
	query_copy_text(query, ret->state, sizeof(ret->state));
	ret->time = (uint64_t)query_int(query);
	query_copy_text(query, ret->source, sizeof(ret->source));
	query_copy_text(query, ret->reason, sizeof(ret->reason));
	query_copy_text(query, ret->interface, sizeof(ret->interface));
}

/* The limit is the last parameter of all of them. */
static int walk(struct query *query, size_t limit, audit_fn fn, void *userdata, struct error *error)
{
	struct audit audit;
	int r;

	query_bind_int(query, limit ? (int64_t)limit : -1);
	while ((r = query_step(query, error)) > 0) {
		read_audit(query, &audit);
		r = fn(&audit, userdata);
		if (r != 0)
			break;
	}
	return r;
}

int store_each_audit(struct store *store, int64_t after_id, size_t limit, audit_fn fn,
		     void *userdata, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, after_id < 0 ? SELECT_LAST : SELECT_AFTER);

	query_bind_int(&query, after_id);
	return walk(&query, limit, fn, userdata, error);
}

int store_each_audit_of(struct store *store, const struct smtpfence_prefix *prefix, size_t limit,
			audit_fn fn, void *userdata, struct error *error)
{
	_cleanup_query_ struct query query = query_open(store, SELECT_OF);

	query_bind_prefix(&query, prefix);
	return walk(&query, limit, fn, userdata, error);
}
