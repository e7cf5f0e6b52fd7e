/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loaded program is asked, and what it answers is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/pinned.h"

static struct smtpfence_answer ask(struct pinned *pinned, const char *source_text)
{
	struct smtpfence_prefix source = pinned_prefix(source_text);
	struct smtpfence_prefix destination = counters_check_destination(&source);
	struct smtpfence_answer answer;

	assert_int_equal(
		counters_check(pinned->counters, &source, &destination, &answer, &pinned->error),
		0);
	return answer;
}

static void assert_matched(const struct smtpfence_answer *answer, const char *expected)
{
	char text[PREFIX_TEXT_MAX];

	assert_int_equal(answer->matched, 1);
	assert_string_equal(prefix_format(&answer->match, text), expected);
}

static struct smtpfence_answer assert_dropped(struct pinned *pinned, const char *source,
					      const char *by)
{
	struct smtpfence_answer answer = ask(pinned, source);

	assert_int_equal(answer.verdict, SMTPFENCE_DROP);
	assert_matched(&answer, by);
	return answer;
}

static void test_a_stranger_passes(void **state)
{
	struct smtpfence_answer answer = ask(*state, "192.0.2.1");

	assert_int_equal(answer.verdict, SMTPFENCE_PASS);
	assert_int_equal(answer.reason, SMTPFENCE_REASON_SMTP);
	assert_int_equal(answer.matched, 0);
	answer = ask(*state, "2001:db8::1");
	assert_int_equal(answer.verdict, SMTPFENCE_PASS);
}

static void test_a_blocked_source_is_dropped(void **state)
{
	struct pinned *pinned = *state;
	struct smtpfence_answer answer;
	uint64_t deadline = clock_boot_ns() + 3600 * NSEC_PER_SEC;

	pinned_put_block(pinned->bpf->maps.blocks, "192.0.2.1", SMTPFENCE_ACTION_DROP, deadline);
	pinned_put_block(pinned->bpf->maps.blocks, "2001:db8::/64", SMTPFENCE_ACTION_DROP, 0);
	answer = assert_dropped(pinned, "192.0.2.1", "192.0.2.1/32");
	assert_int_equal(answer.reason, SMTPFENCE_REASON_BLOCKED);
	assert_int_equal(answer.deadline, deadline);
	assert_dropped(pinned, "2001:db8::1234", "2001:db8::/64");
}

static void test_the_most_specific_entry_is_named(void **state)
{
	struct pinned *pinned = *state;
	struct smtpfence_answer answer;

	pinned_put_block(pinned->bpf->maps.prefixes, "192.0.2.0/24", SMTPFENCE_ACTION_DROP, 0);
	pinned_put_block(pinned->bpf->maps.blocks, "192.0.2.1", SMTPFENCE_ACTION_ALLOW, 0);
	answer = ask(pinned, "192.0.2.1");
	assert_int_equal(answer.reason, SMTPFENCE_REASON_ALLOWED);
	assert_matched(&answer, "192.0.2.1/32");
	assert_dropped(pinned, "192.0.2.2", "192.0.2.0/24");
}

static void test_asking_does_not_count(void **state)
{
	struct pinned *pinned = *state;
	struct smtpfence_prefix source = pinned_prefix("192.0.2.1");
	struct counters_source *sources = NULL;
	struct counters_totals totals;
	struct smtpfence_hits hits;
	size_t count;

	pinned_put_block(pinned->bpf->maps.blocks, "192.0.2.1", SMTPFENCE_ACTION_DROP, 0);
	ask(pinned, "192.0.2.1");
	assert_int_equal(counters_hits(pinned->counters, &source, &hits), 0);
	assert_int_equal(hits.packets, 0);
	assert_int_equal(counters_sources(pinned->counters, &sources, &count, NULL), 0);
	assert_int_equal(count, 0);
	free(sources);
	assert_int_equal(counters_totals(pinned->counters, &totals), 0);
	assert_int_equal(totals.reasons[SMTPFENCE_REASON_BLOCKED].tally[0][0].packets, 0);
}

static void test_only_single_addresses_of_one_family(void **state)
{
	static const struct {
		const char *source, *destination;
	} cases[] = {
		{"192.0.2.0/24", "198.51.100.1"},
		{"192.0.2.1", "198.51.100.0/24"},
		{"192.0.2.1", "2001:db8::25"},
	};
	struct pinned *pinned = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct smtpfence_prefix source = pinned_prefix(cases[i].source);
		struct smtpfence_prefix destination = pinned_prefix(cases[i].destination);
		struct smtpfence_answer answer;

		assert_int_equal(counters_check(pinned->counters, &source, &destination, &answer,
						&pinned->error),
				 -EINVAL);
	}
}

static void test_a_missing_program_is_named(void **state)
{
	struct pinned *pinned = *state;
	struct smtpfence_prefix source = pinned_prefix("192.0.2.1");
	struct smtpfence_answer answer;
	char path[64];

	snprintf(path, sizeof(path), "%s/" COUNTERS_PIN_CHECK, pinned->folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(
		counters_check(pinned->counters, &source, &source, &answer, &pinned->error),
		-ENOENT);
	assert_non_null(strstr(pinned->error.text, path));
}

static void test_a_program_that_answers_nothing_is_refused(void **state)
{
	struct pinned *pinned = *state;
	struct smtpfence_prefix source = pinned_prefix("192.0.2.1");
	struct smtpfence_answer answer;
	char path[64];

	snprintf(path, sizeof(path), "%s/" COUNTERS_PIN_CHECK, pinned->folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(bpf_obj_pin(bpf_program__fd(pinned->bpf->progs.smtpfence_xdp), path), 0);
	assert_int_equal(
		counters_check(pinned->counters, &source, &source, &answer, &pinned->error),
		-EPROTO);
}

static void test_every_reason_has_its_words(void **state)
{
	(void)state;
	assert_string_equal(counters_reason_label(SMTPFENCE_REASON_BLOCKED_MALFORMED),
			    "blocked_malformed");
	assert_non_null(strstr(counters_reason_sentence(SMTPFENCE_REASON_TUNNEL), "tunnel"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PINNED_TEST(test_a_stranger_passes),
		PINNED_TEST(test_a_blocked_source_is_dropped),
		PINNED_TEST(test_the_most_specific_entry_is_named),
		PINNED_TEST(test_asking_does_not_count),
		PINNED_TEST(test_only_single_addresses_of_one_family),
		PINNED_TEST(test_a_missing_program_is_named),
		PINNED_TEST(test_a_program_that_answers_nothing_is_refused),
		cmocka_unit_test(test_every_reason_has_its_words),
	};

	libbpf_set_print(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
