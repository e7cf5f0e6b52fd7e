/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which changes of a file are noticed, and which are not. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/clock.h"
#include "feed/watch.h"

#define PATIENCE_NS	 (10 * NSEC_PER_SEC)
#define RUN_USEC	 100000
#define QUEUE_LIMIT_PATH "/proc/sys/fs/inotify/max_queued_events"

struct fixture {
	char folder[32];
	char subfolder[64]; /* of the watched file */
	char file[96];
	char other[96];
	sd_event *event;
	struct watch *watch;
	unsigned int changes;
};

static void on_change(void *userdata)
{
	struct fixture *fixture = userdata;

	fixture->changes++;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	strcpy(fixture->folder, "/tmp/feed_watch.XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	sprintf(fixture->subfolder, "%s/feeds", fixture->folder);
	sprintf(fixture->file, "%s/scores", fixture->subfolder);
	sprintf(fixture->other, "%s/other", fixture->subfolder);
	assert_int_equal(mkdir(fixture->subfolder, 0700), 0);
	assert_int_equal(sd_event_new(&fixture->event), 0);
	assert_int_equal(
		watch_new(fixture->event, fixture->file, on_change, fixture, &fixture->watch), 0);
	assert_int_equal(watch_renew(fixture->watch), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	watch_free(fixture->watch);
	sd_event_unref(fixture->event);
	unlink(fixture->file);
	unlink(fixture->other);
	rmdir(fixture->subfolder);
	rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static void touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void wait_for_changes(struct fixture *fixture, unsigned int changes)
{
	uint64_t end = clock_boot_ns() + PATIENCE_NS;

	while (fixture->changes < changes && clock_boot_ns() < end)
		assert_true(sd_event_run(fixture->event, RUN_USEC) >= 0);
	assert_int_equal(fixture->changes, changes);
}

static void test_write(void **state)
{
	struct fixture *fixture = *state;

	touch(fixture->file);
	wait_for_changes(fixture, 1);
	touch(fixture->file);
	wait_for_changes(fixture, 2);
}

static void test_rename(void **state)
{
	struct fixture *fixture = *state;

	touch(fixture->other);
	assert_int_equal(rename(fixture->other, fixture->file), 0);
	wait_for_changes(fixture, 1);
	assert_int_equal(rename(fixture->file, fixture->other), 0);
	wait_for_changes(fixture, 2);
}

static void test_delete(void **state)
{
	struct fixture *fixture = *state;

	touch(fixture->file);
	wait_for_changes(fixture, 1);
	assert_int_equal(unlink(fixture->file), 0);
	wait_for_changes(fixture, 2);
}

static void test_other_file(void **state)
{
	struct fixture *fixture = *state;
	struct fixture beside = {.event = fixture->event};

	assert_int_equal(
		watch_new(fixture->event, fixture->other, on_change, &beside, &beside.watch), 0);
	assert_int_equal(watch_renew(beside.watch), 0);
	/* What the first change had set off would be over before the second is told. */
	touch(fixture->other);
	wait_for_changes(&beside, 1);
	touch(fixture->other);
	wait_for_changes(&beside, 2);
	assert_int_equal(fixture->changes, 0);
	watch_free(beside.watch);
}

static void test_burst_is_one_change(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 50; i++) {
		touch(fixture->file);
		touch(fixture->other); /* or the kernel would merge the events itself */
	}
	wait_for_changes(fixture, 1);
	assert_int_equal(unlink(fixture->file), 0);
	wait_for_changes(fixture, 2);
}

static void test_busy_writer_is_heard(void **state)
{
	struct fixture *fixture = *state;
	uint64_t end = clock_boot_ns() + PATIENCE_NS;

	while (fixture->changes == 0 && clock_boot_ns() < end) {
		touch(fixture->file);
		assert_true(sd_event_run(fixture->event, 1000) >= 0);
	}
	assert_int_equal(fixture->changes, 1);
}

static void test_folder_is_replaced(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(rmdir(fixture->subfolder), 0);
	wait_for_changes(fixture, 1);
	assert_int_equal(watch_renew(fixture->watch), -ENOENT);
	assert_int_equal(mkdir(fixture->subfolder, 0700), 0);
	assert_int_equal(watch_renew(fixture->watch), 0);
	touch(fixture->file);
	wait_for_changes(fixture, 2);
}

static void test_folder_is_moved(void **state)
{
	struct fixture *fixture = *state;
	char away[64];

	sprintf(away, "%s/away", fixture->folder);
	assert_int_equal(rename(fixture->subfolder, away), 0);
	wait_for_changes(fixture, 1);
	assert_int_equal(mkdir(fixture->subfolder, 0700), 0);
	assert_int_equal(watch_renew(fixture->watch), 0);
	touch(fixture->file);
	wait_for_changes(fixture, 2);
	assert_int_equal(rmdir(away), 0);
}

/* Renaming a folder further up tells nobody: only the next look finds another folder. */
static void test_path_leads_elsewhere(void **state)
{
	struct fixture *fixture = *state;
	char away[64], subfolder[96];

	sprintf(away, "%s.away", fixture->folder);
	sprintf(subfolder, "%s/feeds", away);
	assert_int_equal(rename(fixture->folder, away), 0);
	assert_int_equal(mkdir(fixture->folder, 0700), 0);
	assert_int_equal(mkdir(fixture->subfolder, 0700), 0);
	assert_int_equal(watch_renew(fixture->watch), 0);
	touch(fixture->file);
	wait_for_changes(fixture, 1);
	assert_int_equal(rmdir(subfolder), 0);
	assert_int_equal(rmdir(away), 0);
}

static unsigned int queue_limit(void)
{
	_cleanup_fclose_ FILE *file = fopen(QUEUE_LIMIT_PATH, "re");
	unsigned int limit = 0;

	if (!file || fscanf(file, "%u", &limit) != 1)
		return 0;
	return limit;
}

static void test_queue_overflow(void **state)
{
	struct fixture *fixture = *state;
	unsigned int limit = queue_limit();
	char third[96];

	if (limit == 0)
		skip(); /* no inotify in /proc */
	sprintf(third, "%s/third", fixture->subfolder);
	/* By turns, or the kernel would merge them. */
	for (unsigned int i = 0; i <= limit / 2; i++) {
		touch(fixture->other);
		touch(third);
	}
	touch(fixture->file); /* there is no room for this one */
	wait_for_changes(fixture, 1);
	assert_int_equal(unlink(third), 0);
}

#define watch_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		watch_test(test_write),
		watch_test(test_rename),
		watch_test(test_delete),
		watch_test(test_other_file),
		watch_test(test_burst_is_one_change),
		watch_test(test_busy_writer_is_heard),
		watch_test(test_folder_is_replaced),
		watch_test(test_folder_is_moved),
		watch_test(test_path_leads_elsewhere),
		watch_test(test_queue_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
