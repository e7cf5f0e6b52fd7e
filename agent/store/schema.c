/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables, and how a store of an older version becomes one of this. */
#include "store/internal.h"

#include <errno.h>
#include <stdio.h>

/*
 * Step N brings user_version from N to N + 1. Steps that a release has shipped are never changed:
 * a new form of the tables is a new step at the end.
 *
 * Columns `prefix` are keys of 17 bytes (see internal.h); `state` is enum sentence_state; `date`,
 * `ts` and their like are seconds since 1970; `served` and `deadline` are CLOCK_BOOTTIME in ns of
 * `boot_id`.
 */
static const char *const migrations[] = {
	"CREATE TABLE sentences ("
	"  prefix BLOB PRIMARY KEY NOT NULL CHECK (length(prefix) = 17),"
	"  state INTEGER NOT NULL CHECK (state IN (0, 1, 2)),"
	"  score INTEGER NOT NULL,"
	"  date INTEGER NOT NULL,"
	"  time INTEGER NOT NULL,"
	"  boot_id TEXT NOT NULL,"
	"  deadline INTEGER NOT NULL,"
	"  offences INTEGER NOT NULL,"
	"  last_end INTEGER NOT NULL,"
	"  last_detected INTEGER NOT NULL,"
	"  source TEXT NOT NULL,"
	"  reason TEXT NOT NULL"
	") WITHOUT ROWID;"
	"CREATE INDEX sentences_state ON sentences (state, prefix);"
	"CREATE INDEX sentences_deadline ON sentences (deadline) WHERE state = 1 AND deadline > 0;"

	"CREATE TABLE evidence ("
	"  prefix BLOB NOT NULL CHECK (length(prefix) = 17),"
	"  date INTEGER NOT NULL,"
	"  destination BLOB NOT NULL CHECK (length(destination) = 17),"
	"  message_id TEXT NOT NULL,"
	"  spam_score INTEGER NOT NULL,"
	"  source TEXT NOT NULL,"
	"  PRIMARY KEY (prefix, date, destination, message_id)"
	") WITHOUT ROWID;"

	"CREATE TABLE listings ("
	"  feed TEXT NOT NULL,"
	"  prefix BLOB NOT NULL CHECK (length(prefix) = 17),"
	"  PRIMARY KEY (prefix, feed)"
	") WITHOUT ROWID;"
	"CREATE INDEX listings_feed ON listings (feed, prefix);"

	"CREATE TABLE allow ("
	"  prefix BLOB PRIMARY KEY NOT NULL CHECK (length(prefix) = 17),"
	"  added INTEGER NOT NULL,"
	"  reason TEXT NOT NULL"
	") WITHOUT ROWID;"

	"CREATE TABLE cursors ("
	"  feed TEXT PRIMARY KEY NOT NULL,"
	"  serial INTEGER NOT NULL,"
	"  generated INTEGER NOT NULL,"
	"  applied INTEGER NOT NULL,"
	"  records INTEGER NOT NULL"
	") WITHOUT ROWID;"

	"CREATE TABLE audit ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  ts INTEGER NOT NULL,"
	"  event TEXT NOT NULL,"
	"  prefix BLOB CHECK (length(prefix) = 17),"
	"  state TEXT NOT NULL,"
	"  time INTEGER NOT NULL,"
	"  source TEXT NOT NULL,"
	"  reason TEXT NOT NULL,"
	"  interface TEXT NOT NULL"
	");"

	"CREATE TABLE settings ("
	"  key TEXT PRIMARY KEY NOT NULL,"
	"  value TEXT NOT NULL"
	") WITHOUT ROWID;",

	/* One source's life, without reading everybody's. */
	"CREATE INDEX audit_prefix ON audit (prefix, id);",

	/* Of what has no deadline it is reckoned like after a reboot, from date and time. */
	"ALTER TABLE sentences ADD COLUMN served INTEGER NOT NULL DEFAULT 0;"
	"UPDATE sentences SET served = deadline;"
	"UPDATE sentences SET boot_id = '' WHERE state = 1 AND deadline = 0;",

	/*
	 * Lists in chunks (see records.h), whose ends are told: `ends` is the first of a chunk, 0
	 * for none. A list without a feed is being written; chunks without a list are to be swept.
	 */
	"CREATE TABLE lists (id INTEGER PRIMARY KEY AUTOINCREMENT, feed TEXT UNIQUE);"
	"CREATE TABLE chunks ("
	"  list INTEGER NOT NULL,"
	"  first BLOB NOT NULL CHECK (length(first) = 17),"
	"  count INTEGER NOT NULL,"
	"  ends INTEGER NOT NULL,"
	"  entries BLOB NOT NULL CHECK (length(entries) = 25 * count),"
	"  PRIMARY KEY (list, first)"
	");"
	"CREATE INDEX chunks_ends ON chunks (ends) WHERE ends > 0;"
	"INSERT INTO lists (feed) SELECT DISTINCT feed FROM listings;"
	"INSERT INTO chunks SELECT id, prefix, 1, 0, CAST(prefix || zeroblob(8) AS BLOB) "
	"FROM listings JOIN lists USING (feed);"
	"DROP TABLE listings;",

	/* Whoever is told of events, and the audit trail's id of the last one he has. */
	"CREATE TABLE receivers ("
	"  name TEXT PRIMARY KEY NOT NULL,"
	"  delivered INTEGER NOT NULL"
	") WITHOUT ROWID;",

	"ALTER TABLE cursors ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;",
};

static int get_version(struct store *store, int64_t *ret, struct error *error)
{
	_cleanup_query_ struct query query = query_open(store, "PRAGMA user_version");
	int r = query_step(&query, error);

	*ret = r > 0 ? query_int(&query) : 0;
	return r < 0 ? r : 0;
}

static int migrate(struct store *store, int64_t version, struct error *error)
{
	char set_version[64];
	int code, r = store_begin(store, error);

	if (r < 0)
		return r;
	snprintf(set_version, sizeof(set_version), "PRAGMA user_version = %lld",
		 (long long)version + 1);
	code = sqlite3_exec(store->db, migrations[version], NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(store->db, set_version, NULL, NULL, NULL);
	r = code == SQLITE_OK ? store_commit(store, error) : store_error(store, code, error);
	if (r < 0)
		store_rollback(store);
	return r;
}

int schema_upgrade(struct store *store, struct error *error)
{
	const int64_t known = ARRAY_SIZE(migrations);
	int64_t version;
	int r = get_version(store, &version, error);

	if (r >= 0 && version > known)
		return error_set(error, -EPROTO,
				 "%s: made by a newer version (schema %lld, this one knows %lld): "
				 "install that version, or move the file away",
				 store->path, (long long)version, (long long)known);
	while (r >= 0 && version < known)
		r = migrate(store, version++, error);
	return r;
}
