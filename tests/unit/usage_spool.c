/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports that wait, in real folders. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "usage/spool.h"
#include "usage/window.h"

#define LIMIT 1000

struct fixture {
	char folder[64];
	struct spool *spool;
};

static struct spool *open_spool(const struct fixture *fixture, uint64_t limit)
{
	struct spool *spool = NULL;
	struct error error = {0};

	if (spool_open(fixture->folder, limit, &spool, &error) < 0)
		fail_msg("%s", error.text);
	return spool;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char base[] = "/tmp/usage_spool.XXXXXX";

	assert_non_null(fixture);
	assert_non_null(mkdtemp(base));
	snprintf(fixture->folder, sizeof(fixture->folder), "%s/deep/down", base);
	fixture->spool = open_spool(fixture, LIMIT);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	char command[128];

	spool_free(fixture->spool);
	snprintf(command, sizeof(command), "rm -rf '%.*s'", (int)strlen(fixture->folder) - 10,
		 fixture->folder);
	assert_int_equal(system(command), 0);
	free(fixture);
	return 0;
}

/* A report of @size bytes. */
static void add(struct spool *spool, uint64_t number, int size)
{
	_cleanup_fclose_ FILE *file = NULL;

	assert_int_equal(spool_begin(spool, &file, NULL), 0);
	fprintf(file, "%*d\n", size - 1, (int)number);
	assert_int_equal(spool_commit(spool, number, file, NULL), 0);
}

static void reopen(struct fixture *fixture)
{
	spool_free(fixture->spool);
	fixture->spool = open_spool(fixture, LIMIT);
}

static void assert_oldest(struct spool *spool, uint64_t number)
{
	const struct spool_report *report = spool_oldest(spool);
	_cleanup_free_ char *text = NULL;

	assert_non_null(report);
	assert_int_equal(report->number, number);
	assert_int_equal(spool_read(spool, report, &text, NULL), 0);
	assert_int_equal(strtoul(text, NULL, 10), number);
}

static void test_in_order_over_restarts(void **state)
{
	struct fixture *fixture = *state;

	assert_null(spool_oldest(fixture->spool));
	for (uint64_t number = 8; number < 13; number++)
		add(fixture->spool, number, 20);
	assert_oldest(fixture->spool, 8);
	spool_remove_oldest(fixture->spool);
	reopen(fixture);
	assert_int_equal(spool_count(fixture->spool), 4);
	for (uint64_t number = 9; number < 13; number++) {
		assert_oldest(fixture->spool, number);
		spool_remove_oldest(fixture->spool);
	}
	assert_null(spool_oldest(fixture->spool));
	reopen(fixture);
	assert_int_equal(spool_count(fixture->spool), 0);
}

static void test_a_long_life(void **state)
{
	struct fixture *fixture = *state;
	uint64_t first = 1;

	for (uint64_t number = 1; number <= 500; number++) {
		add(fixture->spool, number, 20);
		if (spool_dropped(fixture->spool) > 0)
			break;
		if (number % 3 == 0)
			continue;
		assert_oldest(fixture->spool, first++);
		spool_remove_oldest(fixture->spool);
	}
	assert_int_equal(spool_dropped(fixture->spool), 1);
	assert_int_equal(spool_count(fixture->spool), LIMIT / 20);
	assert_oldest(fixture->spool, first + 1);
}

static void test_limit(void **state)
{
	struct fixture *fixture = *state;

	for (uint64_t number = 1; number <= 5; number++)
		add(fixture->spool, number, 300);
	assert_int_equal(spool_count(fixture->spool), 3);
	assert_int_equal(spool_dropped(fixture->spool), 2);
	assert_oldest(fixture->spool, 3);
	add(fixture->spool, 6, LIMIT + 1);
	assert_null(spool_oldest(fixture->spool));
	assert_int_equal(spool_dropped(fixture->spool), 6);
	reopen(fixture);
	assert_null(spool_oldest(fixture->spool));
}

static void put(const struct fixture *fixture, const char *name, const char *text)
{
	int fd = openat(spool_folder(fixture->spool), name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void test_strangers_are_left_alone(void **state)
{
	struct fixture *fixture = *state;

	put(fixture, "7.json", "7\n");
	put(fixture, "00000000000000000007.json.bak", "7\n");
	put(fixture, "unfinished", "7\n");
	assert_int_equal(mkdirat(spool_folder(fixture->spool), "00000000000000000008.json", 0700),
			 0);
	assert_int_equal(
		symlinkat("7.json", spool_folder(fixture->spool), "00000000000000000009.json"), 0);
	reopen(fixture);
	assert_int_equal(spool_count(fixture->spool), 0);
}

static void test_a_report_that_was_cut(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};
	char *text = NULL;

	put(fixture, "00000000000000000007.json", "{\"sequence\":7");
	put(fixture, "00000000000000000008.json", "");
	reopen(fixture);
	assert_int_equal(spool_count(fixture->spool), 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			spool_read(fixture->spool, spool_oldest(fixture->spool), &text, &error),
			-EBADMSG);
		assert_non_null(strstr(error.text, "is not a whole report"));
		spool_remove_oldest(fixture->spool);
	}
}

static void test_no_folder(void **state)
{
	struct spool *spool = NULL;
	struct error error = {0};

	(void)state;
	assert_int_equal(spool_open("/proc/version/spool", LIMIT, &spool, &error), -ENOTDIR);
	assert_string_equal(error.text,
			    "/proc/version/spool: cannot keep reports there: Not a directory");
}

static void test_windows(void **state)
{
	struct fixture *fixture = *state;
	int folder = spool_folder(fixture->spool);
	struct window first, second;

	assert_int_equal(window_next(folder, &first, NULL), 0);
	assert_int_equal(first.sequence, 1);
	assert_true(first.from < first.to); /* from the boot on */
	assert_int_equal(window_store(folder, &first, NULL), 0);
	assert_int_equal(window_next(folder, &second, NULL), 0);
	assert_int_equal(second.sequence, 2);
	assert_int_equal(second.from, first.to);
	assert_string_equal(second.boot_id, first.boot_id);
}

/* After a reboot the counts begin anew, and so do the windows; numbers go on. */
static void test_window_after_a_boot(void **state)
{
	struct fixture *fixture = *state;
	int folder = spool_folder(fixture->spool);
	struct window window;

	put(fixture, "last", "41 1764072000 00000000-0000-0000-0000-000000000000\n");
	assert_int_equal(window_next(folder, &window, NULL), 0);
	assert_int_equal(window.sequence, 42);
	assert_true(window.from != 1764072000);
	assert_true(window.from < window.to);
}

static void test_window_file_is_garbage(void **state)
{
	static const char *const texts[] = {"", "x", "1", "1 2", "-"};
	struct fixture *fixture = *state;
	int folder = spool_folder(fixture->spool);
	struct window window;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		unlinkat(folder, "last", 0);
		put(fixture, "last", texts[i]);
		assert_int_equal(window_next(folder, &window, NULL), 0);
		assert_int_equal(window.sequence, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_in_order_over_restarts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_long_life, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strangers_are_left_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_report_that_was_cut, set_up, tear_down),
		cmocka_unit_test(test_no_folder),
		cmocka_unit_test_setup_teardown(test_windows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_window_after_a_boot, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_window_file_is_garbage, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
