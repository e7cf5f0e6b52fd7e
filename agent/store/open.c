/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening and closing, and transactions. */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

/* Somebody who looks into the file with a shell holds it for moments only. */
#define BUSY_TIMEOUT_MS 5000

static int make_folder(const char *path, struct error *error)
{
	_cleanup_free_ char *copy = strdup(path);
	const char *folder;

	if (!copy)
		return error_set(error, -ENOMEM, "%s: out of memory", path);
	folder = dirname(copy);
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return error_set(error, -errno, "%s: cannot make the folder: %s", folder,
				 strerror(errno));
	return 0;
}

/* Returns a file descriptor. SQLite would make the file with whatever the umask leaves. */
static int open_private(const char *path, struct error *error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 ? error_set(error, -errno, "%s: %s", path, strerror(errno)) : fd;
}

static int lock_store(struct store *store, struct error *error)
{
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%s.lock", store->path) < 0) {
		path = NULL;
		return error_set(error, -ENOMEM, "%s: out of memory", store->path);
	}
	store->lock = open_private(path, error);
	if (store->lock < 0)
		return store->lock;
	if (flock(store->lock, LOCK_EX | LOCK_NB) < 0)
		return error_set(error, errno == EWOULDBLOCK ? -EBUSY : -errno,
				 "%s: locked: another smtpfenced uses this store", path);
	return 0;
}

static int connect_database(struct store *store, struct error *error)
{
	int code, fd = open_private(store->path, error);

	if (fd < 0)
		return fd;
	close(fd); /* now: later it would take SQLite's own locks on the file with it */
	/* One thread has it: SQLite's locks would cost a tenth of its time, its statistics more. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* no-op but for the first store */
	code = sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			       NULL);
	if (!store->db)
		return error_set(error, -ENOMEM, "%s: out of memory", store->path);
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
	return code == SQLITE_OK ? 0 : store_error(store, code, error);
}

/* A commit is on disk when it returns, and readers never wait for the writer. */
static int set_up_database(struct store *store, struct error *error)
{
	int r = store_run(store, "PRAGMA journal_mode = WAL", error);

	return r < 0 ? r : store_run(store, "PRAGMA synchronous = FULL", error);
}

/* What SQLite's own check finds first stands in front of the advice. */
static void add_damage(struct store *store, struct error *error)
{
	_cleanup_query_ struct query query = query_open(store, "PRAGMA quick_check(1)");

	if (query_step(&query, NULL) > 0)
		error_prefix(error, 0, "%s", query_text(&query));
}

static int open_database(struct store *store, struct error *error)
{
	int r = connect_database(store, error);

	if (r >= 0)
		r = set_up_database(store, error);
	if (r >= 0)
		r = schema_upgrade(store, error);
	if (r >= 0)
		r = boot_renew_deadlines(store, error);
	if (r >= 0)
		r = store_note_clock(store, error);
	if (r >= 0)
		r = store_run(store, "DELETE FROM lists WHERE feed IS NULL", error);
	if (r >= 0)
		r = store_sweep_lists(store, 0, error);
	if (r == -EBADMSG)
		add_damage(store, error);
	return r;
}

int store_open(const char *path, struct store **ret, struct error *error)
{
	_cleanup_(store_freep) struct store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return error_set(error, -ENOMEM, "%s: out of memory", path);
	store->lock = -1;
	store->path = strdup(path);
	if (!store->path)
		return error_set(error, -ENOMEM, "%s: out of memory", path);
	clock_boot_id(store->boot_id);
	r = make_folder(path, error);
	if (r >= 0)
		r = lock_store(store, error);
	if (r >= 0)
		r = open_database(store, error);
	if (r < 0)
		return r;
	*ret = STEAL(store);
	return 0;
}

void store_free(struct store *store)
{
	sqlite3_stmt *statement;

	if (!store)
		return;
	while (store->db && (statement = sqlite3_next_stmt(store->db, NULL)))
		sqlite3_finalize(statement);
	sqlite3_close(store->db);
	closep(&store->lock);
	free(store->path);
	free(store);
}

int store_begin(struct store *store, struct error *error)
{
	store->audited = false;
	return store_run(store, "BEGIN IMMEDIATE", error);
}

int store_commit(struct store *store, struct error *error)
{
	int r = store_run(store, "COMMIT", error);

	if (r >= 0 && store->audited && store->watch)
		store->watch(store->watch_userdata);
	return r;
}

void store_watch_audit(struct store *store, store_watch_fn fn, void *userdata)
{
	store->watch = fn;
	store->watch_userdata = userdata;
}

void store_rollback(struct store *store)
{
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}
