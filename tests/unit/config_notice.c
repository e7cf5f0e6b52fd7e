/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The template of the customer's notice: the built-in one, an operator's, and bad ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "config/config.h"
#include "config/notice.h"

#define SHIPPED "share/notice.txt"
#define MANUAL	"man/smtpfence.yaml.5.scd"

struct folder {
	char path[32];
	char config[48], template[48];
};

static int setup(void **state)
{
	static struct folder folder;

	strcpy(folder.path, "/tmp/smtpfence-XXXXXX");
	if (!mkdtemp(folder.path))
		return -1;
	snprintf(folder.config, sizeof(folder.config), "%s/config", folder.path);
	snprintf(folder.template, sizeof(folder.template), "%s/template", folder.path);
	*state = &folder;
	return 0;
}

static int teardown(void **state)
{
	const struct folder *folder = *state;

	unlink(folder->config);
	unlink(folder->template);
	return rmdir(folder->path);
}

static void write_file(const char *path, const char *text, size_t length)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

/* A configuration whose `notice` is that. */
static int load(const struct folder *folder, const char *notice, struct config **ret,
		struct error *error)
{
	char text[256];
	int length =
		snprintf(text, sizeof(text), "interfaces: [{match: \"tap*\", role: guest}]\n%s%s\n",
			 notice ? "notice: " : "", notice ? notice : "");

	write_file(folder->config, text, (size_t)length);
	return config_load(folder->config, ret, error);
}

static int load_template(const struct folder *folder, struct config **ret, struct error *error)
{
	char notice[64];

	snprintf(notice, sizeof(notice), "{template: %s}", folder->template);
	return load(folder, notice, ret, error);
}

/* Every value is its placeholder's name; there are two mails. */
static const char *name_of(size_t name, size_t item, void *userdata)
{
	(void)item;
	(void)userdata;
	return notice_names.items[name].name;
}

static size_t two(size_t name, void *userdata)
{
	(void)name;
	(void)userdata;
	return 2;
}

static char *render(const struct config *config)
{
	const struct template_values values = {name_of, two, NULL};

	return template_render(config->notice.template, &values);
}

static void test_built_in(void **state)
{
	static const char *const nothing[] = {NULL, "{}", "{template: \"\"}"};
	const struct folder *folder = *state;

	for (size_t i = 0; i < ARRAY_SIZE(nothing); i++) {
		_cleanup_(config_freep) struct config *config = NULL;
		_cleanup_free_ char *text = NULL;
		struct error error = {};

		assert_int_equal(load(folder, nothing[i], &config, &error), 0);
		assert_null(config->notice.path);
		text = render(config);
		assert_non_null(strstr(text, "\n  Destination IP: destination - Message-ID: "
					     "message_id - Spam score: spam_score\n"));
		assert_null(strstr(text, "{{"));
	}
}

/* What is installed as the example is what is built in. */
static void test_shipped(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL, *built_in = NULL;
	_cleanup_free_ char *text = NULL, *expected = NULL;
	struct error error = {};
	char path[256], notice[320];

	assert_non_null(realpath(SHIPPED, path));
	snprintf(notice, sizeof(notice), "{template: %s}", path);
	assert_int_equal(load(*state, notice, &config, &error), 0);
	assert_int_equal(load(*state, NULL, &built_in, &error), 0);
	text = render(config);
	expected = render(built_in);
	assert_string_equal(text, expected);
}

static void test_an_operators(void **state)
{
	static const char template[] = "Cher client, {{ip}} est bloqu\xc3\xa9"
				       "e.\n";
	const struct folder *folder = *state;
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_free_ char *text = NULL;
	struct error error = {};

	write_file(folder->template, template, strlen(template));
	assert_int_equal(load_template(folder, &config, &error), 0);
	assert_string_equal(config->notice.path, folder->template);
	text = render(config);
	assert_string_equal(text, "Cher client, ip est bloqu\xc3\xa9"
				  "e.\n");
}

static void assert_refused(const struct folder *folder, int code, const char *place,
			   const char *problem)
{
	struct config *config = NULL;
	struct error error = {};
	char expected[256];

	assert_int_equal(load_template(folder, &config, &error), code);
	assert_null(config);
	snprintf(expected, sizeof(expected), "%s:%s", place, problem);
	assert_string_equal(error.text, expected);
}

static void test_faults_are_told_by_the_templates_lines(void **state)
{
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{"a\n{{ipp}}\n", "2: unknown placeholder 'ipp': did you mean 'ip'?"},
		{"{{#mails}}\n{{/mails}}\n{{date}}",
		 "3: 'date' has a meaning only in a section of 'mails'"},
		{"\n\n{{#mails}}\n", "3: 'mails' is not closed"},
		{"{{ip", "1: \"{{ip\" is not closed with \"}}\""},
		{"\xff",
		 "1: byte 0xff is not part of a printable character: the file must be UTF-8 "
		 "text"},
	};
	const struct folder *folder = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		write_file(folder->template, cases[i].text, strlen(cases[i].text));
		assert_refused(folder, -EINVAL, folder->template, cases[i].problem);
	}
}

static void test_files_that_are_none(void **state)
{
	const struct folder *folder = *state;
	char problem[128];
	char *large;

	snprintf(problem, sizeof(problem),
		 "2:20: template: '%s' cannot be read: No such file or directory",
		 folder->template);
	assert_refused(folder, -EINVAL, folder->config, problem);

	assert_int_equal(mkdir(folder->template, 0755), 0);
	snprintf(problem, sizeof(problem), "2:20: template: '%s' cannot be read: Is a directory",
		 folder->template);
	assert_refused(folder, -EINVAL, folder->config, problem);
	assert_int_equal(rmdir(folder->template), 0);

	large = malloc(65537);
	assert_non_null(large);
	memset(large, 'x', 65537);
	write_file(folder->template, large, 65537);
	snprintf(problem, sizeof(problem), "2:20: template: '%s' is larger than 65536 bytes",
		 folder->template);
	assert_refused(folder, -EINVAL, folder->config, problem);
	write_file(folder->template, large, 65536);
	free(large);
}

static void test_paths(void **state)
{
	struct config *config = NULL;
	struct error error = {};

	assert_int_equal(load(*state, "{template: notice.txt}", &config, &error), -EINVAL);
	assert_non_null(strstr(error.text, "template: 'notice.txt' is not an absolute path"));
	assert_int_equal(load(*state, "{template: [a]}", &config, &error), -EINVAL);
	assert_int_equal(load(*state, "{templat: a}", &config, &error), -EINVAL);
	assert_non_null(strstr(error.text, "did you mean 'template'?"));
}

/* Whoever writes a template reads the manual. */
static void test_every_placeholder_is_in_the_manual(void **state)
{
	_cleanup_fclose_ FILE *file = fopen(MANUAL, "re");
	static char manual[64 * 1024];

	(void)state;
	assert_non_null(file);
	assert_true(fread(manual, 1, sizeof(manual) - 1, file) > 0);
	for (size_t i = 0; i < notice_names.count; i++) {
		char row[64];

		snprintf(row, sizeof(row), "*%s*\n", notice_names.items[i].name);
		if (!strstr(manual, row))
			fail_msg("%s: nothing about %s", MANUAL, notice_names.items[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_built_in, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shipped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_operators, setup, teardown),
		cmocka_unit_test_setup_teardown(test_faults_are_told_by_the_templates_lines, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_files_that_are_none, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
		cmocka_unit_test(test_every_placeholder_is_in_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
