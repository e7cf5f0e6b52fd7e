/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many incidents come in the order of their units, and in each of these as they were told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/prefix.h"
#include "feed/arrange.h"

/* The score tells when it was told, from 0 on. */
static struct feed_batch *make(size_t count, void (*name)(size_t i, char *text, size_t size))
{
	struct feed_batch *batch = calloc(1, sizeof(*batch));
	char text[PREFIX_TEXT_MAX];

	assert_non_null(batch);
	batch->incidents = calloc(count, sizeof(*batch->incidents));
	assert_non_null(batch->incidents);
	for (size_t i = 0; i < count; i++) {
		name(i, text, sizeof(text));
		assert_int_equal(prefix_parse(text, &batch->incidents[i].prefix), 0);
		batch->incidents[i].score = (uint32_t)i;
	}
	batch->incident_count = count;
	return batch;
}

/* IPv4 in no order, and downwards in ten /64s of IPv6. */
static void name_mixed(size_t i, char *text, size_t size)
{
	if (i % 2)
		snprintf(text, size, "198.18.%zu.%zu", i * 7919 % 251, i * 104729 % 241);
	else
		snprintf(text, size, "2001:db8:0:%zx::%zx", i / 2 % 10, 0xfff - i);
}

static void name_downwards(size_t i, char *text, size_t size)
{
	snprintf(text, size, "198.18.%zu.%zu", (1000 - i) / 256, (1000 - i) % 256);
}

static struct smtpfence_prefix unit_of(const struct incident *incident)
{
	struct smtpfence_prefix unit = incident->prefix;

	if (!prefix_is_ipv4(&unit))
		prefix_cut(&unit, 64);
	return unit;
}

static void test_many(void **state)
{
	_cleanup_(feed_batch_freep) struct feed_batch *batch = make(1000, name_mixed);
	const struct incident *incidents = batch->incidents;
	struct smtpfence_prefix expected;
	char text[PREFIX_TEXT_MAX];

	(void)state;
	incidents_arrange(batch);
	for (size_t i = 0; i < batch->incident_count; i++) {
		name_mixed(incidents[i].score, text, sizeof(text));
		assert_int_equal(prefix_parse(text, &expected), 0);
		assert_int_equal(prefix_compare(&incidents[i].prefix, &expected), 0);
	}
	for (size_t i = 1; i < batch->incident_count; i++) {
		struct smtpfence_prefix before = unit_of(&incidents[i - 1]);
		struct smtpfence_prefix unit = unit_of(&incidents[i]);
		int order = prefix_compare(&before, &unit);

		assert_true(order < 0 ||
			    (order == 0 && incidents[i - 1].score < incidents[i].score));
	}
}

static void test_few_stay_as_told(void **state)
{
	_cleanup_(feed_batch_freep) struct feed_batch *batch = make(ARRANGE_KEPT, name_downwards);

	(void)state;
	incidents_arrange(batch);
	for (size_t i = 0; i < batch->incident_count; i++)
		assert_int_equal(batch->incidents[i].score, i);
}

static void test_nothing(void **state)
{
	struct feed_batch batch = {0};

	(void)state;
	incidents_arrange(&batch);
	assert_int_equal(batch.incident_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_few_stay_as_told),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
