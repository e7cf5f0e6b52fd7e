/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A secret is read from a file that only its owner can read, and stands in no error. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/secret.h"

#define NOBODY 65534
#define PATH   "/tmp/base_secret.XXXXXX"

struct fixture {
	char path[sizeof(PATH)];
	struct error error;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int fd;

	assert_non_null(fixture);
	strcpy(fixture->path, PATH);
	fd = mkostemp(fixture->path, O_CLOEXEC);
	assert_true(fd >= 0);
	close(fd);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	unlink(fixture->path);
	free(fixture);
	return 0;
}

static void put(const struct fixture *fixture, const char *text, size_t length)
{
	int fd = open(fixture->path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	close(fd);
}

static void assert_read(struct fixture *fixture, const char *text, const char *expected)
{
	_cleanup_(secret_freep) char *secret = NULL;

	put(fixture, text, strlen(text));
	assert_int_equal(secret_read(fixture->path, &secret, &fixture->error), 0);
	assert_string_equal(secret, expected);
}

static void assert_refused(struct fixture *fixture, int code, const char *message)
{
	char *secret = NULL;

	assert_int_equal(secret_read(fixture->path, &secret, &fixture->error), code);
	assert_null(secret);
	assert_non_null(strstr(fixture->error.text, fixture->path));
	assert_non_null(strstr(fixture->error.text, message));
	assert_null(strstr(fixture->error.text, "hush"));
}

static void test_one_line(void **state)
{
	assert_read(*state, "hush", "hush");
	assert_read(*state, "hush\n", "hush");
	assert_read(*state, "hush-_.~+/=:!\r\n\n", "hush-_.~+/=:!");
}

static void test_not_one_line(void **state)
{
	static const char *const texts[] = {"", "\n \n"};
	static const char *const bad[] = {"hush\nhush\n", "hush hush", " hush", "hush\033[0m",
					  "hush\xc3\xa9"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		put(fixture, texts[i], strlen(texts[i]));
		assert_refused(fixture, -EBADMSG, "there is no secret in it");
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put(fixture, bad[i], strlen(bad[i]));
		assert_refused(fixture, -EBADMSG, "one line of visible ASCII");
	}
	put(fixture, "hu\0sh", 5);
	assert_refused(fixture, -EBADMSG, "one line of visible ASCII");
}

static void test_length(void **state)
{
	char text[SECRET_LENGTH_MAX + 16];

	memset(text, 'x', sizeof(text));
	text[SECRET_LENGTH_MAX] = '\0';
	assert_read(*state, text, text);
	text[SECRET_LENGTH_MAX] = 'x';
	put(*state, text, SECRET_LENGTH_MAX + 1);
	assert_refused(*state, -EBADMSG, "is longer than");
	put(*state, text, sizeof(text));
	assert_refused(*state, -EBADMSG, "is longer than");
}

static void test_others_may_read_it(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0601};
	struct fixture *fixture = *state;

	put(fixture, "hush", 4);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		assert_int_equal(chmod(fixture->path, modes[i]), 0);
		assert_refused(fixture, -EACCES, "chmod 600");
	}
	assert_int_equal(chmod(fixture->path, 0400), 0);
	assert_read(fixture, "hush", "hush");
}

static void test_belongs_to_somebody_else(void **state)
{
	struct fixture *fixture = *state;

	put(fixture, "hush", 4);
	assert_int_equal(chown(fixture->path, NOBODY, NOBODY), 0);
	assert_refused(fixture, -EACCES, "chown root");
}

static void test_no_file(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(unlink(fixture->path), 0);
	assert_refused(fixture, -ENOENT, "cannot be read");
	assert_int_equal(mkfifo(fixture->path, 0600), 0);
	assert_refused(fixture, -EINVAL, "is not a regular file");
}

static void test_header(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(secret_freep) char *header = NULL;

	put(fixture, "sesame\n", 7);
	assert_int_equal(secret_read_header(fixture->path, "X-Api-Key: ", &header, NULL), 0);
	assert_string_equal(header, "X-Api-Key: sesame");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_one_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_length, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_others_may_read_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_belongs_to_somebody_else, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_header, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
