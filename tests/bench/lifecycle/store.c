/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/lifecycle/store.h"

#include <stdio.h>

#define BUSY_TIMEOUT_MS 5000

sqlite3 *store_look(const char *path)
{
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", path, sqlite3_errmsg(db));
		sqlite3_close(db);
		return NULL;
	}
	sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
	return db;
}

static int64_t ask(sqlite3 *db, const char *sql, sqlite3_int64 number, const char *text)
{
	sqlite3_stmt *statement = NULL;
	int64_t answer = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK) {
		if (text)
			sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
		else if (sqlite3_bind_parameter_count(statement) > 0)
			sqlite3_bind_int64(statement, 1, number);
		if (sqlite3_step(statement) == SQLITE_ROW)
			answer = sqlite3_column_int64(statement, 0);
	}
	if (answer < 0)
		fprintf(stderr, "store: %s\n", sqlite3_errmsg(db));
	sqlite3_finalize(statement);
	return answer;
}

int64_t store_running(sqlite3 *db)
{
	return ask(db, "SELECT count(*) FROM sentences WHERE state = 1 AND source = 'scorer'", 0,
		   NULL);
}

static uint64_t deadline(sqlite3 *db, const char *sql)
{
	int64_t answer = ask(db, sql, 0, NULL);

	return answer > 0 ? (uint64_t)answer : 0;
}

#define FROM_FEED "FROM sentences WHERE state = 1 AND source = 'scorer'"

uint64_t store_first_deadline(sqlite3 *db)
{
	return deadline(db, "SELECT min(deadline) " FROM_FEED);
}

uint64_t store_last_deadline(sqlite3 *db)
{
	return deadline(db, "SELECT max(deadline) " FROM_FEED);
}

bool store_align_deadlines(const char *path)
{
	sqlite3 *db = NULL;
	bool done = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
		    sqlite3_exec(db,
				 "UPDATE sentences SET (served, deadline) = "
				 "(SELECT max(served), max(deadline) " FROM_FEED ") "
				 "WHERE state = 1 AND source = 'scorer'",
				 NULL, NULL, NULL) == SQLITE_OK;

	if (!done)
		fprintf(stderr, "%s: %s\n", path, sqlite3_errmsg(db));
	sqlite3_close(db);
	return done;
}

bool store_any_left(sqlite3 *db, uint64_t deadline)
{
	return ask(db,
		   "SELECT EXISTS (SELECT 1 FROM sentences WHERE state = 1 AND deadline > 0 AND "
		   "deadline <= ?) OR EXISTS (SELECT 1 FROM sentences WHERE state = 2)",
		   (sqlite3_int64)deadline, NULL) != 0;
}

int64_t store_events(sqlite3 *db, const char *event)
{
	return ask(db, "SELECT count(*) FROM audit WHERE event = ?", 0, event);
}
