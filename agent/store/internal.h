/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the store share: the database handle and one way to run a statement. */
#ifndef SMTPFENCE_STORE_INTERNAL_H
#define SMTPFENCE_STORE_INTERNAL_H

#include <sqlite3.h>

#include "store/store.h"

#define PREPARED_SLOTS 128 /* a power of two */

struct store {
	sqlite3 *db;
	char *path;
	int lock; /* of PATH.lock: held as long as the store is open */
	char boot_id[BOOT_ID_MAX];
	/* Where a statement was found by its text: each call has its own, and the same each time.
	 */
	struct prepared {
		const char *sql;
		sqlite3_stmt *statement;
	} prepared[PREPARED_SLOTS];
	bool audited; /* the transaction has added to the audit trail */
	store_watch_fn watch;
	void *watch_userdata;
};

/*
 * A prefix on disk: 16 bytes of address, one of length, so that the database's own order of blobs
 * is that of prefix_compare, and everything inside a prefix is one range.
 */
#define PREFIX_KEY_SIZE 17

void key_write(const struct smtpfence_prefix *prefix, uint8_t key[PREFIX_KEY_SIZE]);
/* The last key that can lie in @in (NULL: everywhere). */
void key_write_last(const struct smtpfence_prefix *in, uint8_t key[PREFIX_KEY_SIZE]);
/* The last key that stands before @next, which is not the first of all. */
void key_write_before(const uint8_t next[PREFIX_KEY_SIZE], uint8_t key[PREFIX_KEY_SIZE]);
void key_read(const uint8_t key[PREFIX_KEY_SIZE], struct smtpfence_prefix *ret);

/*
 * One run of a statement. Binds and reads go from left to right. A problem on the way is kept and
 * comes out of query_step, so that nothing else has to be checked.
 */
struct query {
	struct store *store;
	sqlite3_stmt *statement; /* prepared once a connection, found again by its text */
	int code;		 /* first problem, of SQLite's */
	int parameter;		 /* bound last */
	int column;		 /* read next */
};

struct query query_open(struct store *store, const char *sql);
void query_close(struct query *query);
#define _cleanup_query_ _cleanup_(query_close)

void query_bind_int(struct query *query, int64_t value);
void query_bind_text(struct query *query, const char *text);
void query_bind_key(struct query *query, const uint8_t key[PREFIX_KEY_SIZE]);
/* Not copied: @bytes stay as they are until the statement has run. */
void query_bind_bytes(struct query *query, const void *bytes, size_t size);
/* NULL binds NULL. */
void query_bind_prefix(struct query *query, const struct smtpfence_prefix *prefix);
/*
 * Two parameters, for BETWEEN: all that can lie in @in, or everything for NULL; from @after on,
 * itself included, if that is not NULL.
 */
void query_bind_range(struct query *query, const struct smtpfence_prefix *in,
		      const struct smtpfence_prefix *after);

/* 1: there is a row; 0: no more; negative errno. */
int query_step(struct query *query, struct error *error);
/* Runs it to its end. Returns the rows that an INSERT, UPDATE or DELETE has changed. */
int query_run(struct query *query, struct error *error);
/* Back to before the first row, with other values to bind. */
void query_rewind(struct query *query);

int64_t query_int(struct query *query);
const char *query_text(struct query *query); /* valid until the next step; "" for NULL */
void query_copy_text(struct query *query, char *ret, size_t size);
/* A chunk's records (see records.h); valid until the next step. */
const uint8_t *query_records(struct query *query, size_t *ret_count);
/* False: NULL. */
bool query_prefix(struct query *query, struct smtpfence_prefix *ret);

/* One statement without parameters and rows of interest. */
int store_run(struct store *store, const char *sql, struct error *error);

/* Fills @error from the connection's last problem and returns its negative errno. */
int store_error(struct store *store, int code, struct error *error);

/* What counts on the clock of an earlier boot goes over to that of this one. */
int boot_renew_deadlines(struct store *store, struct error *error);

/* Brings the tables to the form this version knows. -EPROTO: they are of a newer one. */
int schema_upgrade(struct store *store, struct error *error);

#endif
