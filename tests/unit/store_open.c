/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file: who may have it, what a reboot does to it, and what damage looks like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/stored.h"

/* As if the machine had been rebooted: the column says another boot. */
static void test_reboot_renews_deadlines(void **state)
{
	struct stored *f = *state;
	struct sentence sentence = {.state = SENTENCE_BLOCKED, .date = clock_wall() - 100};
	struct sentence out;
	uint64_t before;
	char sql[128];
	const struct {
		const char *prefix;
		uint64_t time, deadline;
		int64_t remaining; /* s */
	} cases[] = {
		{"192.0.2.1", 160, 1, 60},
		{"192.0.2.2", 40, 1, 0},
		{"192.0.2.3", 160, 0, 60}, /* released on request */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		sentence.prefix = prefix_of(cases[i].prefix);
		sentence.time = cases[i].time;
		sentence.deadline = cases[i].deadline;
		assert_int_equal(store_put_sentence(f->store, &sentence, NULL), 0);
	}
	stored_run_sql(f, "UPDATE sentences SET boot_id = 'another'");
	before = clock_boot_ns();
	f->store = stored_open(f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct smtpfence_prefix prefix = prefix_of(cases[i].prefix);

		assert_int_equal(store_get_sentence(f->store, &prefix, &out, NULL), 0);
		assert_int_equal(out.deadline, cases[i].deadline ? out.served : 0);
		/* The wall clock may step to its next second between the two. */
		assert_in_range(out.served,
				before + (uint64_t)cases[i].remaining * NSEC_PER_SEC -
					(cases[i].remaining ? 2 * NSEC_PER_SEC : 0),
				clock_boot_ns() + (uint64_t)cases[i].remaining * NSEC_PER_SEC);
	}

	/* A clock that was set back makes no sentence longer than it was. */
	snprintf(sql, sizeof(sql), "UPDATE sentences SET boot_id = 'x', date = %lld, deadline = 1",
		 (long long)clock_wall() + 86400);
	stored_run_sql(f, sql);
	f->store = stored_open(f);
	assert_int_equal(store_get_sentence(f->store, &(struct smtpfence_prefix){0}, &out, NULL),
			 -ENOENT);
	sentence.prefix = prefix_of("192.0.2.2");
	assert_int_equal(store_get_sentence(f->store, &sentence.prefix, &out, NULL), 0);
	assert_in_range(out.deadline, 1, clock_boot_ns() + 40 * NSEC_PER_SEC);
}

/* As if both clocks of another boot had been noted: so many s of that boot, so many s ago. */
static void note_other_boot(struct stored *f, uint64_t boot, int64_t ago)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		 "UPDATE sentences SET boot_id = 'another'; "
		 "UPDATE settings SET value = 'another %llu %lld' WHERE key = 'clock'",
		 (unsigned long long)boot * NSEC_PER_SEC,
		 (long long)(clock_wall_ns() - ago * (int64_t)NSEC_PER_SEC));
	stored_run_sql(f, sql);
	f->store = stored_open(f);
}

/* What the wall clock said when a sentence began does not matter where both clocks were noted. */
static void test_reboot_reckons_from_the_note(void **state)
{
	static const struct {
		const char *what;
		uint64_t served, time, boot; /* s */
		int64_t ago, left;	     /* s */
	} cases[] = {
		{"off for a minute", 1000, 600, 500, 60, 440},
		{"off for longer than it takes", 1000, 600, 500, 600, 0},
		{"served before", 400, 600, 500, 0, 0},
		{"the wall clock was set back", 1000, 600, 500, -86400, 500},
		{"never more than the whole", 1000, 60, 500, 0, 60},
	};
	struct stored *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sentence sentence = {.prefix = prefix_of("192.0.2.1"),
					    .state = SENTENCE_BLOCKED,
					    .date = 1,
					    .time = cases[i].time,
					    .served = cases[i].served * NSEC_PER_SEC,
					    .deadline = cases[i].served * NSEC_PER_SEC};
		uint64_t before = clock_boot_ns(), left;

		assert_int_equal(store_put_sentence(f->store, &sentence, NULL), 0);
		note_other_boot(f, cases[i].boot, cases[i].ago);
		assert_int_equal(store_get_sentence(f->store, &sentence.prefix, &sentence, NULL),
				 0);
		assert_int_equal(sentence.deadline, sentence.served);
		left = sentence.served - before;
		/* Both clocks go on while this runs. */
		if (left + 10 * NSEC_PER_SEC < (uint64_t)cases[i].left * NSEC_PER_SEC ||
		    left > (uint64_t)(cases[i].left + 10) * NSEC_PER_SEC)
			fail_msg("%s: %llu ns left", cases[i].what, (unsigned long long)left);
	}
}

/* Text that is no note is none. */
static void test_reboot_with_a_broken_note(void **state)
{
	struct stored *f = *state;
	struct sentence sentence = {.prefix = prefix_of("192.0.2.1"),
				    .state = SENTENCE_BLOCKED,
				    .date = clock_wall(),
				    .time = 600,
				    .served = 1,
				    .deadline = 1};
	uint64_t before = clock_boot_ns();

	assert_int_equal(store_put_sentence(f->store, &sentence, NULL), 0);
	stored_run_sql(f, "UPDATE sentences SET boot_id = 'another'; "
			  "UPDATE settings SET value = 'another' WHERE key = 'clock'");
	f->store = stored_open(f);
	assert_int_equal(store_get_sentence(f->store, &sentence.prefix, &sentence, NULL), 0);
	assert_in_range(sentence.deadline, before + 590 * NSEC_PER_SEC,
			clock_boot_ns() + 600 * NSEC_PER_SEC);
}

static void test_same_boot_keeps_deadlines(void **state)
{
	struct stored *f = *state;
	uint64_t next;

	stored_put(f->store, "192.0.2.1", SENTENCE_BLOCKED, 77);
	stored_reopen(f);
	assert_int_equal(store_next_deadline(f->store, &next, NULL), 0);
	assert_int_equal(next, 77);
}

static void test_second_opener_is_refused(void **state)
{
	struct stored *f = *state;
	struct store *second = NULL;
	struct error error;

	assert_int_equal(store_open(f->path, &second, &error), -EBUSY);
	assert_null(second);
	assert_non_null(strstr(error.text, f->path));
	stored_reopen(f);
}

static void test_files_are_private(void **state)
{
	static const char *const suffixes[] = {"", "-wal", ".lock"};
	struct stored *f = *state;
	char path[STORED_PATH_MAX + 8];
	struct stat status;

	stored_put(f->store, "192.0.2.1", SENTENCE_BLOCKED, 0);
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", f->path, suffixes[i]);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 0777, 0600);
	}
	snprintf(path, sizeof(path), "%s/state", f->folder);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
}

static void test_newer_schema_is_refused(void **state)
{
	struct stored *f = *state;
	struct error error;

	stored_run_sql(f, "PRAGMA user_version = 99");
	assert_int_equal(store_open(f->path, &f->store, &error), -EPROTO);
	assert_null(f->store);
	assert_non_null(strstr(error.text, "schema 99"));
}

static int add_listing(const struct listing *listing, const char *feed, void *userdata)
{
	char text[PREFIX_TEXT_MAX], word[PREFIX_TEXT_MAX + SENTENCE_SOURCE_MAX];

	assert_int_equal(listing->until, 0);
	snprintf(word, sizeof(word), "%s=%s", prefix_format(&listing->prefix, text), feed);
	add_word(userdata, word);
	return 0;
}

/* Before `served` there was only the deadline, and listings were rows of their own. */
static void test_older_schema_is_brought_up_to_date(void **state)
{
	struct stored *f = *state;
	struct smtpfence_prefix timed = prefix_of("192.0.2.1"), untimed = prefix_of("192.0.2.2");
	struct sentence out = {
		.prefix = untimed, .state = SENTENCE_BLOCKED, .date = clock_wall(), .time = 600};
	uint64_t begun = clock_boot_ns();
	struct words words = {""};

	stored_put(f->store, "192.0.2.1", SENTENCE_BLOCKED, 77);
	assert_int_equal(store_put_sentence(f->store, &out, NULL), 0);
	stored_run_sql(f, "ALTER TABLE sentences DROP COLUMN served;"
			  "DROP TABLE lists; DROP TABLE chunks;"
			  "CREATE TABLE listings (feed TEXT NOT NULL, prefix BLOB NOT NULL);"
			  "INSERT INTO listings VALUES"
			  "  ('edge', x'00000000000000000000ffffc000020380'),"
			  "  ('drop', x'00000000000000000000ffffc000020380'),"
			  "  ('edge', x'20010db800000000000000000000000020');"
			  "DROP TABLE receivers;"
			  "ALTER TABLE cursors DROP COLUMN epoch;"
			  "PRAGMA user_version = 2");
	f->store = stored_open(f);
	assert_int_equal(store_get_sentence(f->store, &timed, &out, NULL), 0);
	assert_int_equal(out.served, 77);
	assert_int_equal(out.deadline, 77);
	assert_int_equal(store_get_sentence(f->store, &untimed, &out, NULL), 0);
	assert_in_range(out.served, begun + 590 * NSEC_PER_SEC,
			clock_boot_ns() + 600 * NSEC_PER_SEC);
	assert_int_equal(out.deadline, 0);
	assert_int_equal(store_each_listing(f->store, NULL, NULL, add_listing, &words, NULL), 0);
	assert_string_equal(words.text, "192.0.2.3/32=drop 192.0.2.3/32=edge 2001:db8::/32=edge");
}

static void overwrite(const struct stored *f, off_t offset, size_t size)
{
	int fd = open(f->path, O_WRONLY | O_CLOEXEC);
	char garbage[4096];

	memset(garbage, 0xa5, sizeof(garbage));
	assert_true(fd >= 0 && size <= sizeof(garbage));
	assert_int_equal(pwrite(fd, garbage, size, offset), size);
	close(fd);
}

static void assert_damaged(struct stored *f)
{
	struct error error;

	assert_int_equal(store_open(f->path, &f->store, &error), -EBADMSG);
	assert_null(f->store);
	assert_non_null(strstr(error.text, f->path));
	assert_non_null(strstr(error.text, "move the file away"));
}

static void test_not_a_database(void **state)
{
	struct stored *f = *state;

	store_free(STEAL(f->store));
	overwrite(f, 0, 100);
	assert_damaged(f);
}

/* The header is whole, the page that names the tables is not. */
static void test_damaged_database(void **state)
{
	struct stored *f = *state;

	store_free(STEAL(f->store));
	overwrite(f, 100, 3900);
	assert_damaged(f);
}

static void test_folder_that_cannot_be_made(void **state)
{
	struct store *store = NULL;
	struct error error;

	(void)state;
	assert_int_equal(store_open("/proc/no/such/store.db", &store, &error), -ENOENT);
	assert_non_null(strstr(error.text, "/proc/no/such"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORED_TEST(test_reboot_renews_deadlines),
		STORED_TEST(test_reboot_reckons_from_the_note),
		STORED_TEST(test_reboot_with_a_broken_note),
		STORED_TEST(test_same_boot_keeps_deadlines),
		STORED_TEST(test_second_opener_is_refused),
		STORED_TEST(test_files_are_private),
		STORED_TEST(test_newer_schema_is_refused),
		STORED_TEST(test_older_schema_is_brought_up_to_date),
		STORED_TEST(test_not_a_database),
		STORED_TEST(test_damaged_database),
		cmocka_unit_test(test_folder_that_cannot_be_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
