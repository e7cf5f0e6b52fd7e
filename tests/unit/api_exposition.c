/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text format of Prometheus. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "api/exposition.h"

struct output {
	FILE *stream;
	char *text;
	size_t size;
};

static int setup(void **state)
{
	struct output *output = calloc(1, sizeof(*output));

	if (!output)
		return -1;
	output->stream = open_memstream(&output->text, &output->size);
	*state = output;
	return output->stream ? 0 : -1;
}

static int teardown(void **state)
{
	struct output *output = *state;

	fclose(output->stream);
	free(output->text);
	free(output);
	return 0;
}

static void assert_written(struct output *output, const char *expected)
{
	fflush(output->stream);
	assert_string_equal(output->text, expected);
}

static void test_head(void **state)
{
	struct output *output = *state;

	exposition_head(output->stream, "enforcing", "gauge", "1 if so");
	assert_written(output, "# HELP smtpfence_enforcing 1 if so.\n"
			       "# TYPE smtpfence_enforcing gauge\n");
}

static void test_labels(void **state)
{
	struct output *output = *state;

	exposition_sample(output->stream, "a", NO_LABELS, 1);
	exposition_sample(output->stream, "b", LABELS({"one", "x"}), 2);
	exposition_sample(output->stream, "c", LABELS({"one", "x"}, {"two", ""}), 3);
	assert_written(output, "smtpfence_a 1\n"
			       "smtpfence_b{one=\"x\"} 2\n"
			       "smtpfence_c{one=\"x\",two=\"\"} 3\n");
}

static void test_label_values_are_escaped(void **state)
{
	struct output *output = *state;

	exposition_sample(output->stream, "a", LABELS({"l", "q\" b\\ n\n {}"}), 1);
	assert_written(output, "smtpfence_a{l=\"q\\\" b\\\\ n\\n {}\"} 1\n");
}

static void test_numbers(void **state)
{
	struct output *output = *state;

	exposition_sample(output->stream, "big", NO_LABELS, 1764000000123);
	exposition_sample(output->stream, "small", NO_LABELS, 0.005);
	assert_written(output, "smtpfence_big 1764000000123\nsmtpfence_small 0.005\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_head),
		TEST(test_labels),
		TEST(test_label_values_are_escaped),
		TEST(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
