/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is on disk, read by a connection of its own beside the daemon's. */
#ifndef SMTPFENCE_TESTS_BENCH_STORE_H
#define SMTPFENCE_TESTS_BENCH_STORE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#define STORE_NAME "smtpfence.db"

/* NULL, and why on standard error. */
sqlite3 *store_look(const char *path);

/* How many sentences of the feed run; negative: it cannot be read. */
int64_t store_running(sqlite3 *db);
/* Their first and last deadline, ns of CLOCK_BOOTTIME; 0 where there are none. */
uint64_t store_first_deadline(sqlite3 *db);
uint64_t store_last_deadline(sqlite3 *db);
/* Whether one that ends by @deadline is still blocked, or unblocking. Looks at few rows. */
bool store_any_left(sqlite3 *db, uint64_t deadline);
/* While nobody else writes: all of them end when the last one does. */
bool store_align_deadlines(const char *path);
/* Lines of the audit trail with that event. */
int64_t store_events(sqlite3 *db, const char *event);

#endif
