/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "cli/options.h"
#include "config/config.h"

#define ARGUMENTS_MAX 8

/* getopt_long moves arguments about: each case gets a copy. */
static int parse(const char *const *arguments, struct cli *ret, struct error *error)
{
	static char *argv[ARGUMENTS_MAX + 2];
	int argc = 0;

	argv[argc++] = (char *)"smtpfence";
	while (*arguments)
		argv[argc++] = (char *)*arguments++;
	argv[argc] = NULL;
	return options_parse(argc, argv, ret, error);
}

static void assert_option(const struct cli *cli, enum cli_option option, const char *value)
{
	if (value) {
		assert_non_null(cli->option[option]);
		assert_string_equal(cli->option[option], value);
	} else {
		assert_null(cli->option[option]);
	}
}

static void test_accepted(void **state)
{
	static const struct {
		const char *arguments[ARGUMENTS_MAX];
		const char *command, *json, *socket, *force;
		int words;
	} cases[] = {
		{{"list"}, "list", NULL, CONFIG_SOCKET_DEFAULT, NULL, 0},
		{{"-j", "list"}, "list", "", CONFIG_SOCKET_DEFAULT, NULL, 0},
		{{"list", "-j"}, "list", "", CONFIG_SOCKET_DEFAULT, NULL, 0},
		{{"--socket", "/s", "--json", "list"}, "list", "", "/s", NULL, 0},
		{{"--socket=/s", "list", "--socket=/t"}, "list", NULL, "/t", NULL, 0},
		{{"block", "192.0.2.1", "--force"}, "block", NULL, CONFIG_SOCKET_DEFAULT, "", 1},
		{{"block", "--force", "192.0.2.1"}, "block", NULL, CONFIG_SOCKET_DEFAULT, "", 1},
		{{"allow", "add", "-j", "::/0"}, "allow", "", CONFIG_SOCKET_DEFAULT, NULL, 2},
		{{"allow", "add", "--", "-x"}, "allow", NULL, CONFIG_SOCKET_DEFAULT, NULL, 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = {};
		struct cli cli;

		assert_int_equal(parse(cases[i].arguments, &cli, &error), 0);
		assert_string_equal(cli.command->name, cases[i].command);
		assert_int_equal(cli.word_count, cases[i].words);
		assert_option(&cli, OPTION_JSON, cases[i].json);
		assert_option(&cli, OPTION_SOCKET, cases[i].socket);
		assert_option(&cli, OPTION_FORCE, cases[i].force);
	}
}

static void test_words(void **state)
{
	static const char *const arguments[] = {"check", "192.0.2.1", "-j", "203.0.113.1", NULL};
	struct error error = {};
	struct cli cli;

	(void)state;
	assert_int_equal(parse(arguments, &cli, &error), 0);
	assert_string_equal(cli.words[0], "192.0.2.1");
	assert_string_equal(cli.words[1], "203.0.113.1");
}

static void test_refused(void **state)
{
	static const struct {
		const char *arguments[ARGUMENTS_MAX];
		const char *says;
	} cases[] = {
		{{"ban"}, "unknown command \"ban\"; there are: status list "},
		{{"lsit"}, "did you mean list?"},
		{{"statsu"}, "did you mean status?"},
		{{"blok", "192.0.2.1"}, "did you mean block?"},
		{{"blcok", "192.0.2.1"}, "did you mean block?"},
		{{"list", "--sate", "x"}, "unknown option \"--sate\"; did you mean --state?"},
		{{"list", "--force"}, "unknown option \"--force\""},
		{{"--force", "block"}, "unknown option \"--force\""},
		{{"list", "-x"}, "unknown option \"-x\""},
		{{"list", "-jx"}, "unknown option \"-x\""},
		{{"list", "--state"}, "--state needs a value: STATE"},
		{{"list", "--json=yes"}, "--json takes no value"},
		{{"block"}, "missing argument; usage: smtpfence block IP[/N]"},
		{{"block", "192.0.2.1", "1h"}, "unexpected argument \"1h\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = {};
		struct cli cli;

		assert_true(parse(cases[i].arguments, &cli, &error) < 0);
		if (!strstr(error.text, cases[i].says))
			assert_string_equal(error.text, cases[i].says);
	}
}

/* Whoever asks for help has not got the rest right yet. */
static void test_help_needs_no_words(void **state)
{
	static const char *const arguments[] = {"block", "--help", NULL};
	static const char *const nothing[] = {NULL};
	struct error error = {};
	struct cli cli;

	(void)state;
	assert_int_equal(parse(arguments, &cli, &error), 0);
	assert_option(&cli, OPTION_HELP, "");
	assert_int_equal(parse(nothing, &cli, &error), 0);
	assert_null(cli.command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_help_needs_no_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
