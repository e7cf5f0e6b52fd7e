/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/internal.h"

#include <errno.h>
#include <string.h>

#include "base/prefix.h"
#include "store/records.h"

/*
 * -EBUSY, -EEXIST and -ENOSPC have a meaning of their own for callers of the store and of the
 * ledger, so a busy or full disk is none of these.
 */
static int errno_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EAGAIN;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return -EACCES;
	default:
		return -EIO;
	}
}

static const char *advice_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ": move the file away and start again; until then the kernel's maps keep "
		       "enforcing";
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ": another program has it open for writing: end that";
	case SQLITE_FULL:
		return ": make room on its file system";
	default:
		return "";
	}
}

int store_error(struct store *store, int code, struct error *error)
{
	bool last = sqlite3_extended_errcode(store->db) == code;
	const char *text = last ? sqlite3_errmsg(store->db) : sqlite3_errstr(code);

	return error_set(error, errno_of(code), "%s: %s%s", store->path, text, advice_of(code));
}

static struct prepared *slot_of(struct store *store, const char *sql)
{
	return &store->prepared[((uintptr_t)sql >> 3) % PREPARED_SLOTS];
}

/* A statement that is in use, by a walk that called back, is left to that. */
static sqlite3_stmt *find_prepared(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	while ((statement = sqlite3_next_stmt(db, statement)))
		if (!sqlite3_stmt_busy(statement) && strcmp(sqlite3_sql(statement), sql) == 0)
			return statement;
	return NULL;
}

struct query query_open(struct store *store, const char *sql)
{
	struct prepared *slot = slot_of(store, sql);
	struct query query = {.store = store};

	if (slot->sql == sql && !sqlite3_stmt_busy(slot->statement)) {
		query.statement = slot->statement;
		return query;
	}
	query.statement = find_prepared(store->db, sql);
	if (!query.statement)
		query.code = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
						&query.statement, NULL);
	if (query.statement)
		*slot = (struct prepared){sql, query.statement};
	return query;
}

void query_close(struct query *query)
{
	if (!query->statement)
		return;
	sqlite3_reset(query->statement);
	sqlite3_clear_bindings(query->statement);
}

void query_rewind(struct query *query)
{
	sqlite3_reset(query->statement);
	query->parameter = 0;
}

static void keep_code(struct query *query, int code)
{
	if (query->code == SQLITE_OK)
		query->code = code;
}

void query_bind_int(struct query *query, int64_t value)
{
	keep_code(query, sqlite3_bind_int64(query->statement, ++query->parameter, value));
}

void query_bind_text(struct query *query, const char *text)
{
	keep_code(query, sqlite3_bind_text(query->statement, ++query->parameter, text, -1,
					   SQLITE_TRANSIENT));
}

void key_write(const struct smtpfence_prefix *prefix, uint8_t key[PREFIX_KEY_SIZE])
{
	memcpy(key, prefix->address, sizeof(prefix->address));
	key[PREFIX_KEY_SIZE - 1] = (uint8_t)prefix->length;
}

void key_write_last(const struct smtpfence_prefix *in, uint8_t key[PREFIX_KEY_SIZE])
{
	unsigned int whole = in ? in->length / 8 : 0, rest = in ? in->length % 8 : 0;

	memset(key, 0xff, PREFIX_KEY_SIZE);
	if (in)
		memcpy(key, in->address, whole);
	if (rest)
		key[whole] = in->address[whole] | (uint8_t)(0xff >> rest);
}

void key_write_before(const uint8_t next[PREFIX_KEY_SIZE], uint8_t key[PREFIX_KEY_SIZE])
{
	size_t i = PREFIX_KEY_SIZE;

	memcpy(key, next, PREFIX_KEY_SIZE);
	while (i-- > 0 && key[i]-- == 0)
		;
}

/* A damaged one must never read as ::/0, which would block everything. */
void key_read(const uint8_t key[PREFIX_KEY_SIZE], struct smtpfence_prefix *ret)
{
	static const struct smtpfence_prefix harmless = {.length = 128};

	*ret = harmless;
	if (key[PREFIX_KEY_SIZE - 1] > 128)
		return;
	ret->length = key[PREFIX_KEY_SIZE - 1];
	memcpy(ret->address, key, sizeof(ret->address));
}

void query_bind_key(struct query *query, const uint8_t key[PREFIX_KEY_SIZE])
{
	keep_code(query, sqlite3_bind_blob(query->statement, ++query->parameter, key,
					   PREFIX_KEY_SIZE, SQLITE_TRANSIENT));
}

void query_bind_bytes(struct query *query, const void *bytes, size_t size)
{
	keep_code(query, sqlite3_bind_blob64(query->statement, ++query->parameter, bytes, size,
					     SQLITE_STATIC));
}

void query_bind_prefix(struct query *query, const struct smtpfence_prefix *prefix)
{
	uint8_t key[PREFIX_KEY_SIZE];

	if (!prefix) {
		keep_code(query, sqlite3_bind_null(query->statement, ++query->parameter));
		return;
	}
	key_write(prefix, key);
	query_bind_key(query, key);
}

void query_bind_range(struct query *query, const struct smtpfence_prefix *in,
		      const struct smtpfence_prefix *after)
{
	static const struct smtpfence_prefix everything = {0};
	const struct smtpfence_prefix *first = in ? in : &everything;
	uint8_t last[PREFIX_KEY_SIZE];

	key_write_last(in, last);
	query_bind_prefix(query, after && prefix_compare(after, first) > 0 ? after : first);
	query_bind_key(query, last);
}

int query_step(struct query *query, struct error *error)
{
	int code;

	if (query->code != SQLITE_OK)
		return store_error(query->store, query->code, error);
	query->column = 0;
	code = sqlite3_step(query->statement);
	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : store_error(query->store, code, error);
}

int query_run(struct query *query, struct error *error)
{
	int r;

	do
		r = query_step(query, error);
	while (r > 0);
	return r < 0 ? r : sqlite3_changes(query->store->db);
}

int64_t query_int(struct query *query)
{
	return sqlite3_column_int64(query->statement, query->column++);
}

const char *query_text(struct query *query)
{
	const unsigned char *text = sqlite3_column_text(query->statement, query->column++);

	return text ? (const char *)text : "";
}

void query_copy_text(struct query *query, char *ret, size_t size)
{
	store_cut_text(ret, size, query_text(query));
}

bool query_prefix(struct query *query, struct smtpfence_prefix *ret)
{
	static const struct smtpfence_prefix harmless = {.length = 128};
	const uint8_t *key = sqlite3_column_blob(query->statement, query->column);
	int size = sqlite3_column_bytes(query->statement, query->column++);

	*ret = harmless;
	if (!key)
		return false;
	if (size == PREFIX_KEY_SIZE)
		key_read(key, ret);
	return true;
}

const uint8_t *query_records(struct query *query, size_t *ret_count)
{
	const uint8_t *bytes = sqlite3_column_blob(query->statement, query->column);
	int size = sqlite3_column_bytes(query->statement, query->column++);

	*ret_count = bytes ? (size_t)size / RECORD_SIZE : 0;
	return bytes;
}

int store_run(struct store *store, const char *sql, struct error *error)
{
	_cleanup_query_ struct query query = query_open(store, sql);
	int r = query_run(&query, error);

	return r < 0 ? r : 0;
}
