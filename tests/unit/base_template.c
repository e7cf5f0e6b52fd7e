/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts with placeholders: what comes out, and what is refused where. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/template.h"

enum { IP, REASON, NOTHING, MAILS, NO_MAILS, ID };

static const struct template_name items[] = {
	[IP] = {.name = "ip"},
	[REASON] = {.name = "reason"},
	[NOTHING] = {.name = "nothing"},
	[MAILS] = {.name = "mails", .is_list = true},
	[NO_MAILS] = {.name = "no_mails", .is_list = true},
	[ID] = {.name = "id", .within = "mails"},
};
static const struct template_names names = {items, ARRAY_SIZE(items)};

static const char *text_of(size_t name, size_t item, void *userdata)
{
	static const char *const ids[] = {"a@b", NULL, "c@d"};

	(void)userdata;
	switch (name) {
	case IP:
		return "192.0.2.7";
	case REASON:
		return "{{ip}}{{#nothing}}"; /* a value is no template */
	case ID:
		return ids[item];
	default:
		return name == NOTHING ? "" : NULL;
	}
}

static size_t length_of(size_t name, void *userdata)
{
	(void)userdata;
	return name == MAILS ? 3 : 0;
}

static char *render(const char *text)
{
	static const struct template_values values = {text_of, length_of, NULL};
	_cleanup_(template_freep) struct template *template = NULL;
	struct error error = {};

	if (template_parse("notice.txt", text, strlen(text), &names, &template, &error) < 0)
		fail_msg("%s: %s", text, error.text);
	return template_render(template, &values);
}

static void test_rendered(void **state)
{
	static const struct {
		const char *text, *result;
	} cases[] = {
		{"", ""},
		{"no { tag } }} at all\n", "no { tag } }} at all\n"},
		{"{{ip}}", "192.0.2.7"},
		{"<{{ip}}> {{ ip\t}}\n", "<192.0.2.7> 192.0.2.7\n"},
		{"{{nothing}}|{{reason}}", "|{{ip}}{{#nothing}}"},
		{"a{{! {{#nonsense }}b", "ab"},
		{"a\n{{! two\nlines }}\nb", "a\nb"},
		/* Sections in a line */
		{"{{#ip}}yes{{/ip}}{{^ip}}no{{/ip}}", "yes"},
		{"{{#nothing}}yes{{/nothing}}{{^nothing}}no{{/nothing}}", "no"},
		{"{{#mails}}<{{id}}{{^id}}none{{/id}}>{{/mails}}", "<a@b><none><c@d>"},
		{"{{#no_mails}}x{{/no_mails}}{{^no_mails}}none{{/no_mails}}", "none"},
		{"{{^mails}}none{{/mails}}", ""},
		{"{{#mails}}{{#ip}}{{id}} {{/ip}}{{/mails}}", "a@b  c@d "},
		{"{{#mails}}{{^nothing}}{{id}},{{/nothing}}{{/mails}}", "a@b,,c@d,"},
		/* Tags on lines of their own */
		{"a\n{{#ip}}\nb\n{{/ip}}\nc\n", "a\nb\nc\n"},
		{"a\n \t{{#nothing}} \nb\n{{/nothing}}\t\nc\n", "a\nc\n"},
		{"{{#mails}}\n- {{id}}\n{{/mails}}", "- a@b\n- \n- c@d\n"},
		{"a\n{{ip}}\nb\n", "a\n192.0.2.7\nb\n"},
		{"a {{#ip}}\nb{{/ip}}\n", "a \nb\n"},
		{"{{#ip}} {{/ip}}\n", " \n"},
		{"x {{! c }} \ny", "x  \ny"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *result = render(cases[i].text);

		assert_non_null(result);
		assert_string_equal(result, cases[i].result);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{"{{ipp}}", "notice.txt:1: unknown placeholder 'ipp': did you mean 'ip'?"},
		{"a\nb\n{{zzzzzz}}", "notice.txt:3: unknown placeholder 'zzzzzz'"},
		{"{{}}", "notice.txt:1: unknown placeholder ''"},
		{"{{#}}", "notice.txt:1: unknown placeholder ''"},
		{"{{>file}}", "notice.txt:1: unknown placeholder '>file'"},
		{"{{{ip}}}", "notice.txt:1: unknown placeholder '{ip'"},
		{"{{ip", "notice.txt:1: \"{{ip\" is not closed with \"}}\""},
		{"\n{{ip\n}}", "notice.txt:2: \"{{ip\" is not closed with \"}}\""},
		{"a\n{{! b\n", "notice.txt:2: the comment is not closed"},
		{"a\n{{#ip}}\nb", "notice.txt:2: 'ip' is not closed"},
		{"{{#ip}}{{^reason}}\n{{/reason}}", "notice.txt:1: 'ip' is not closed"},
		{"\n{{/ip}}", "notice.txt:2: 'ip' is closed, and was not open"},
		{"{{#ip}}\n{{#reason}}\n{{/ip}}", "notice.txt:3: 'ip' is closed, while 'reason' of "
						  "line 2 is open"},
		{"{{#mails}}\n\n{{#mails}}", "notice.txt:3: 'mails' is open already, since line 1"},
		{"{{#ip}}{{^ip}}", "notice.txt:1: 'ip' is open already"},
		{"{{mails}}", "notice.txt:1: 'mails' is a list, and needs a section"},
		{"{{#mails}}{{/mails}}{{id}}", "notice.txt:1: 'id' has a meaning only in a section"
					       " of 'mails'"},
		{"{{^mails}}{{id}}{{/mails}}", "notice.txt:1: 'id' has a meaning only"},
		{"a\n\xff", "notice.txt:2: byte 0xff is not part of a printable character"},
		{"a\r\n", "notice.txt:1: byte 0x0d"},
		{"\xe2\x80\xae", "notice.txt:1: byte 0xe2"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *text = cases[i].text;
		struct template *template = NULL;
		struct error error = {};

		assert_int_equal(
			template_parse("notice.txt", text, strlen(text), &names, &template, &error),
			-EINVAL);
		assert_null(template);
		if (strncmp(error.text, cases[i].problem, strlen(cases[i].problem)) != 0)
			fail_msg("%s: %s", text, error.text);
	}
}

/* A text may hold a NUL, behind which nobody would look. */
static void test_nul(void **state)
{
	static const char text[] = "a\n\0{{nonsense}}";
	struct template *template = NULL;
	struct error error = {};

	(void)state;
	assert_int_equal(template_parse("f", text, sizeof(text) - 1, &names, &template, &error),
			 -EINVAL);
	assert_non_null(strstr(error.text, "f:2: byte 0x00"));
}

/* More names than there are levels, each open in the one before. */
static void test_nesting(void **state)
{
	static const struct template_name letters[] = {{.name = "a"}, {.name = "b"}, {.name = "c"},
						       {.name = "d"}, {.name = "e"}, {.name = "f"},
						       {.name = "g"}, {.name = "h"}, {.name = "i"}};
	static const struct template_names deep = {letters, ARRAY_SIZE(letters)};
	static const char text[] = "{{#a}}{{#b}}{{#c}}{{#d}}{{#e}}{{#f}}{{#g}}{{#h}}{{#i}}";
	struct template *template = NULL;
	struct error error = {};

	(void)state;
	assert_int_equal(template_parse("f", text, strlen(text), &deep, &template, &error),
			 -EINVAL);
	assert_string_equal(error.text, "f:1: more than 8 sections in each other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rendered),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_nesting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
