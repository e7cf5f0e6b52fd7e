/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be a feed's file, and how a change of it is seen. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "feed/file.h"

struct fixture {
	char folder[32];
	char path[64];
};

static int set_up(void **state)
{
	static struct fixture fixture;

	strcpy(fixture.folder, "/tmp/feed_file.XXXXXX");
	assert_non_null(mkdtemp(fixture.folder));
	sprintf(fixture.path, "%s/feed", fixture.folder);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	unlink(fixture->path);
	rmdir(fixture->path);
	return rmdir(fixture->folder);
}

static void write_file(const char *path, const char *mode, const char *text)
{
	_cleanup_fclose_ FILE *file = fopen(path, mode);

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
}

static void assert_refused(const char *path, int code, const char *reason)
{
	struct file_mark mark;
	struct error error;
	char expected[ERROR_TEXT_MAX];
	FILE *stream = NULL;

	assert_int_equal(file_open(path, &stream, &mark, &error), code);
	assert_null(stream);
	sprintf(expected, "cannot read %s: %s", path, reason);
	assert_string_equal(error.text, expected);
}

static void test_path(void **state)
{
	(void)state;
	assert_string_equal(file_path("file:///var/lib/scores"), "/var/lib/scores");
}

static void test_missing(void **state)
{
	const struct fixture *fixture = *state;

	assert_refused(fixture->path, -ENOENT, "No such file or directory");
}

static void test_folder(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(mkdir(fixture->path, 0700), 0);
	assert_refused(fixture->path, -EINVAL, "it is not a regular file");
}

/* Nobody ever writes to it: a reader that waited would wait for ever. */
static void test_fifo(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(mkfifo(fixture->path, 0600), 0);
	assert_refused(fixture->path, -EINVAL, "it is not a regular file");
}

static void set_modified(FILE *stream, const struct timespec *modified)
{
	const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, *modified};

	assert_int_equal(futimens(fileno(stream), times), 0);
}

static void test_mark(void **state)
{
	const struct fixture *fixture = *state;
	_cleanup_fclose_ FILE *first = NULL, *second = NULL;
	struct file_mark mark, other;

	write_file(fixture->path, "we", "one\n");
	assert_int_equal(file_open(fixture->path, &first, &mark, NULL), 0);
	assert_int_equal(file_open(fixture->path, &second, &other, NULL), 0);
	assert_true(file_mark_equal(&mark, &other));
	assert_true(file_is_unchanged(first, &mark));
}

static void test_mark_sees_size(void **state)
{
	const struct fixture *fixture = *state;
	_cleanup_fclose_ FILE *stream = NULL;
	struct file_mark mark;

	write_file(fixture->path, "we", "one\n");
	assert_int_equal(file_open(fixture->path, &stream, &mark, NULL), 0);
	write_file(fixture->path, "ae", "two\n");
	set_modified(stream, &mark.modified);
	assert_false(file_is_unchanged(stream, &mark));
}

static void test_mark_sees_time(void **state)
{
	const struct fixture *fixture = *state;
	_cleanup_fclose_ FILE *stream = NULL;
	struct timespec modified;
	struct file_mark mark;

	write_file(fixture->path, "we", "one\n");
	assert_int_equal(file_open(fixture->path, &stream, &mark, NULL), 0);
	modified = mark.modified;
	modified.tv_nsec ^= 1;
	set_modified(stream, &modified);
	assert_false(file_is_unchanged(stream, &mark));
	modified = mark.modified;
	modified.tv_sec++;
	set_modified(stream, &modified);
	assert_false(file_is_unchanged(stream, &mark));
	set_modified(stream, &mark.modified);
	assert_true(file_is_unchanged(stream, &mark));
}

static void test_mark_sees_another_file(void **state)
{
	const struct fixture *fixture = *state;
	_cleanup_fclose_ FILE *first = NULL, *second = NULL;
	struct file_mark mark, other;

	write_file(fixture->path, "we", "one\n");
	assert_int_equal(file_open(fixture->path, &first, &mark, NULL), 0);
	assert_int_equal(unlink(fixture->path), 0);
	write_file(fixture->path, "we", "one\n");
	assert_int_equal(file_open(fixture->path, &second, &other, NULL), 0);
	other.modified = mark.modified;
	assert_false(file_mark_equal(&mark, &other));
}

#define file_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),	file_test(test_missing),
		file_test(test_folder),		file_test(test_fifo),
		file_test(test_mark),		file_test(test_mark_sees_size),
		file_test(test_mark_sees_time), file_test(test_mark_sees_another_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
