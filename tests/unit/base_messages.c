/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people read: errors and the log. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

static void test_error_set_and_prefix(void **state)
{
	struct error error;

	(void)state;
	assert_int_equal(error_set(&error, -EINVAL, "line %d: %s", 7, "bad"), -EINVAL);
	assert_string_equal(error.text, "line 7: bad");
	assert_int_equal(error_prefix(&error, -EIO, "feed '%s'", "scorer"), -EIO);
	assert_string_equal(error.text, "feed 'scorer': line 7: bad");
	error_set(&error, -EIO, "<%s>", error.text);
	assert_string_equal(error.text, "<feed 'scorer': line 7: bad>");
}

static void test_error_may_be_null(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, -ENOMEM, "%s", "x"), -ENOMEM);
	assert_int_equal(error_prefix(NULL, -ENOMEM, "%s", "x"), -ENOMEM);
}

static void test_error_is_cut_to_fit(void **state)
{
	char wide[2 * ERROR_TEXT_MAX];
	struct error error;

	(void)state;
	memset(wide, 'x', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	error_set(&error, -EINVAL, "%s", wide);
	assert_int_equal(strlen(error.text), ERROR_TEXT_MAX - 1);
	error_prefix(&error, -EINVAL, "here");
	assert_int_equal(strlen(error.text), ERROR_TEXT_MAX - 1);
	assert_memory_equal(error.text, "here: xxx", strlen("here: xxx"));
}

static void test_text_is_printable(void **state)
{
	static const struct {
		const char *text, *printable;
	} cases[] = {
		{"", ""},
		{"plain ~", "plain ~"},
		{"a\nb\r\tc\033[31m\177", "a?b??c?[31m?"},
		{"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x93\xa7",
		 "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x93\xa7"},
		{"\xc2\x9b[31m", "?[31m"},  /* C1 control */
		{"\xc2\xa0", "\xc2\xa0"},   /* the first one behind them */
		{"cut \xe2\x82", "cut ??"}, /* in the middle of a character */
		{"\xe2\x82x", "??x"},
		{"\x80 \xbf \xfe \xff", "? ? ? ?"},
		{"\xc0\xaf \xe0\x80\xaf", "?? ???"}, /* longer than needed */
		{"\xe2\x80\xae"
		 "moc",
		 "?moc"},			     /* right to left */
		{"\xd8\x9c \xd8\x9b", "? \xd8\x9b"}, /* Arabic letter mark; a semicolon */
		{"\xe2\x80\x8e \xe2\x80\x8f \xe2\x80\x90",
		 "? ? \xe2\x80\x90"},				   /* marks of direction */
		{"\xe2\x81\xa6 \xe2\x81\xa9", "? ?"},		   /* isolates */
		{"\xed\xa0\x80 \xee\x80\x80", "??? \xee\x80\x80"}, /* surrogate; the first behind */
		{"\xf4\x8f\xbf\xbf \xf4\x90\x80\x80", "\xf4\x8f\xbf\xbf ????"}, /* Unicode's end */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = strdup(cases[i].text);

		assert_non_null(text);
		text_make_printable(text);
		assert_string_equal(text, cases[i].printable);
	}
}

static void test_lines_are_printable(void **state)
{
	char text[] = "a\n\tb\r\033[31m \xe2\x80\xae \xff\n";

	(void)state;
	assert_ptr_equal(text_find_unprintable(text), strchr(text, '\r'));
	text_make_lines_printable(text);
	assert_string_equal(text, "a\n\tb??[31m ? ?\n");
	assert_null(text_find_unprintable(text));
	assert_string_equal(text_find_unprintable("\xc3\xa9 \xe2\x82"), "\xe2\x82");
}

static void test_error_is_one_line(void **state)
{
	struct error error;

	(void)state;
	error_set(&error, -EINVAL, "two\nlines");
	assert_string_equal(error.text, "two?lines");
}

/* Standard error goes to a file from capture_open() to capture_close(). */
struct capture {
	FILE *file;
	int saved;
};

static int capture_open(void **state)
{
	static struct capture capture;

	capture.file = tmpfile();
	capture.saved = dup(STDERR_FILENO);
	if (!capture.file || capture.saved < 0)
		return -1;
	if (dup2(fileno(capture.file), STDERR_FILENO) < 0)
		return -1;
	*state = &capture;
	return 0;
}

static int capture_close(void **state)
{
	struct capture *capture = *state;

	log_set_level(LOG_LEVEL_INFO);
	unsetenv("JOURNAL_STREAM");
	dup2(capture->saved, STDERR_FILENO);
	close(capture->saved);
	return fclose(capture->file);
}

static const char *captured(struct capture *capture)
{
	static char text[4096];
	size_t length;

	rewind(capture->file);
	length = fread(text, 1, sizeof(text) - 1, capture->file);
	text[length] = '\0';
	return text;
}

static void test_log_levels(void **state)
{
	log_error("error %d", 1);
	log_warning("warning");
	log_info("info");
	log_debug("hidden");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("debug");
	log_set_level(LOG_LEVEL_ERROR);
	log_warning("hidden");
	assert_string_equal(captured(*state), "error 1\nwarning\ninfo\ndebug\n");
}

static void test_log_is_one_line(void **state)
{
	log_info("reason: %s", "spam\n<0>forged");
	assert_string_equal(captured(*state), "reason: spam?<0>forged\n");
}

static void test_log_to_journal(void **state)
{
	struct stat status;
	char stream[64];

	assert_int_equal(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev,
		 (uintmax_t)status.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_set_level(LOG_LEVEL_DEBUG);
	log_error("e");
	log_warning("w");
	log_info("i");
	log_debug("d");
	assert_string_equal(captured(*state), "<3>e\n<4>w\n<6>i\n<7>d\n");
}

/* A child of a service whose standard error was sent elsewhere inherits the variable. */
static void test_log_beside_journal(void **state)
{
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_error("one");
	setenv("JOURNAL_STREAM", "rubbish", 1);
	log_error("two");
	assert_string_equal(captured(*state), "one\ntwo\n");
}

#define logged_test(function) cmocka_unit_test_setup_teardown(function, capture_open, capture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error_set_and_prefix),
		cmocka_unit_test(test_error_may_be_null),
		cmocka_unit_test(test_error_is_cut_to_fit),
		cmocka_unit_test(test_text_is_printable),
		cmocka_unit_test(test_lines_are_printable),
		cmocka_unit_test(test_error_is_one_line),
		logged_test(test_log_levels),
		logged_test(test_log_is_one_line),
		logged_test(test_log_to_journal),
		logged_test(test_log_beside_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
