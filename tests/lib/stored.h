/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A store in a folder of its own. */
#ifndef SMTPFENCE_TESTS_STORED_H
#define SMTPFENCE_TESTS_STORED_H

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/prefix.h"
#include "store/store.h"

#define STORED_FOLDER_MAX 32
#define STORED_PATH_MAX	  64

struct stored {
	char folder[STORED_FOLDER_MAX];
	char path[STORED_PATH_MAX]; /* in a folder that store_open has to make */
	struct store *store;
};

static inline struct store *stored_open(const struct stored *f)
{
	struct store *store = NULL;
	struct error error = {""};

	if (store_open(f->path, &store, &error) < 0)
		fail_msg("%s", error.text);
	return store;
}

static inline int stored_setup(void **state)
{
	struct stored *f = calloc(1, sizeof(*f));

	strcpy(f->folder, "/tmp/store-test.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/state/store.db", f->folder);
	f->store = stored_open(f);
	*state = f;
	return 0;
}

static inline int stored_teardown(void **state)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
	struct stored *f = *state;
	char path[STORED_PATH_MAX + 8];

	store_free(f->store);
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", f->path, suffixes[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/state", f->folder);
	rmdir(path);
	rmdir(f->folder);
	free(f);
	return 0;
}

static inline void stored_reopen(struct stored *f)
{
	store_free(f->store);
	f->store = stored_open(f);
}

/* What another program might do to the file while the daemon is down. */
static inline void stored_run_sql(struct stored *f, const char *sql)
{
	sqlite3 *db;

	store_free(STEAL(f->store));
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static inline struct smtpfence_prefix prefix_of(const char *text)
{
	struct smtpfence_prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

static inline void stored_put(struct store *store, const char *prefix, enum sentence_state state,
			      uint64_t deadline)
{
	struct sentence sentence = {
		.prefix = prefix_of(prefix), .state = state, .deadline = deadline};

	assert_int_equal(store_put_sentence(store, &sentence, NULL), 0);
}

/* Gathers what a walk brings as "a b c". */
struct words {
	char text[1024];
};

static inline void add_word(struct words *words, const char *word)
{
	size_t used = strlen(words->text);

	snprintf(words->text + used, sizeof(words->text) - used, "%s%s", used ? " " : "", word);
}

#define STORED_TEST(name) cmocka_unit_test_setup_teardown(name, stored_setup, stored_teardown)

#endif
