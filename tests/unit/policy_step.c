/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to one sentence: what an incident weighs, what a request gets, what it costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/policy.h"

#define HOUR 3600ULL
#define DAY  (24 * HOUR)
#define NOW  1795294711
#define BOOT (5 * NSEC_PER_SEC)

static uint32_t multipliers[] = {1, 4, 24, 168};

static const struct config_policy defaults = {
	.block_score = 300,
	.duration = HOUR,
	.multipliers = multipliers,
	.multiplier_count = ARRAY_SIZE(multipliers),
	.max = 30 * DAY,
	.forget_after = 90 * DAY,
};

static const struct moment now = {.boot = BOOT, .wall = NOW};

struct weight {
	const char *what;
	struct sentence sentence;
	int64_t detected;
	uint32_t score;
	enum policy_event event;
};

/* Never heard of. */
#define NEW                                                                                        \
	{                                                                                          \
		.offences = 0                                                                      \
	}

static const struct weight weights[] = {
	{"first heard of, score just enough", NEW, NOW, 300, POLICY_OFFENCE},
	{"one point less", NEW, NOW, 299, POLICY_NOISE},
	{"the largest score", NEW, NOW, UINT32_MAX, POLICY_OFFENCE},
	{"detected in the scorer's future", NEW, NOW + DAY, 300, POLICY_OFFENCE},
	{"detected long ago, but never blocked", NEW, 1, 300, POLICY_OFFENCE},
	{"score 0", NEW, 0, 0, POLICY_CLEAR},
	{"an old score 0", {.last_end = NOW}, 1, 0, POLICY_CLEAR},
	{"held against it already", {.last_detected = NOW}, NOW, 300, POLICY_REPEAT},
	{"older than what is", {.last_detected = NOW}, NOW - 1, 300, POLICY_REPEAT},
	{"detected when the sentence ended", {.last_end = NOW}, NOW, 300, POLICY_REPEAT},
	{"a second later", {.last_end = NOW}, NOW + 1, 300, POLICY_OFFENCE},
	{"a second earlier", {.last_end = NOW}, NOW - 1, 300, POLICY_REPEAT},
	/* The scorer's clock is fast: what it repeats looks newer than the sentence's end. */
	{"repeated, fast", {.last_detected = NOW + DAY}, NOW + DAY, 300, POLICY_REPEAT},
	{"before that, fast", {.last_detected = NOW + DAY}, NOW + DAY - 1, 300, POLICY_REPEAT},
	{"newer, fast", {.last_detected = NOW + DAY}, NOW + DAY + 1, 300, POLICY_OFFENCE},
	/* A date that cannot be true must not keep a source safe until that day. */
	{"repeated, nonsense",
	 {.last_detected = NOW + 9999 * DAY},
	 NOW + 9999 * DAY,
	 300,
	 POLICY_REPEAT},
	{"after nonsense", {.last_detected = NOW + 9999 * DAY}, NOW, 300, POLICY_OFFENCE},
	{"after the end of time", {.last_detected = INT64_MAX}, NOW, 300, POLICY_OFFENCE},
	{"nonsense after nonsense",
	 {.last_detected = NOW + 9 * DAY},
	 NOW + 9 * DAY + 1,
	 300,
	 POLICY_OFFENCE},
	{"nonsense before nonsense",
	 {.last_detected = NOW + 9 * DAY},
	 NOW + 9 * DAY - 1,
	 300,
	 POLICY_REPEAT},
	/* Our own clock was fast when the sentence ended, and is right again. */
	{"the end is nonsense",
	 {.last_end = NOW + 9 * DAY, .last_detected = NOW - 1},
	 NOW,
	 300,
	 POLICY_OFFENCE},
	{"the end is nonsense, repeated",
	 {.last_end = NOW + 9 * DAY, .last_detected = NOW},
	 NOW,
	 300,
	 POLICY_REPEAT},
	{"the end is less than a day away", {.last_end = NOW + DAY}, NOW, 300, POLICY_REPEAT},
	/* Our own clock was right when the sentence ended, and is slow now. */
	{"all is nonsense",
	 {.last_end = NOW + 9 * DAY, .last_detected = NOW + 8 * DAY},
	 NOW + 9 * DAY,
	 300,
	 POLICY_REPEAT},
};

static void test_weights(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(weights); i++) {
		const struct weight *c = &weights[i];
		struct incident incident = {.score = c->score, .detected = c->detected};
		struct policy_case happens = policy_weigh(&defaults, &c->sentence, &incident, &now);

		if (happens.event != c->event)
			fail_msg("%s: %d", c->what, happens.event);
	}
}

static void test_requests(void **state)
{
	const struct sentence served = {.served = BOOT}, running = {.served = BOOT + 1};

	(void)state;
	assert_int_equal(policy_left(&served, &now), 0);
	assert_int_equal(policy_left(&running, &now), 1);
	assert_int_equal(policy_hear(&served, false, false, &now).event, POLICY_RELEASE);
	assert_int_equal(policy_hear(&served, true, false, &now).event, POLICY_RELEASE);
	assert_int_equal(policy_hear(&served, true, true, &now).event, POLICY_FORGIVE);
	assert_int_equal(policy_hear(&running, false, false, &now).event, POLICY_EARLY);
	assert_int_equal(policy_hear(&running, true, false, &now).event, POLICY_FORCE);
	assert_int_equal(policy_hear(&running, false, true, &now).event, POLICY_FORGIVE);
}

static unsigned int take(const struct config_policy *policy, struct sentence *sentence,
			 enum policy_event event, const struct moment *at)
{
	const struct incident incident = {.score = 300, .detected = at->wall};
	const struct policy_case happens = {.event = event, .incident = &incident};

	return policy_step(policy, sentence, &happens, at);
}

/* Each sentence longer than the one before, up to the last multiplier. */
static void test_a_career(void **state)
{
	static const uint64_t times[] = {HOUR, 4 * HOUR, DAY, 7 * DAY, 7 * DAY};
	struct sentence sentence = {.offences = 0};
	struct moment at = now;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		assert_int_equal(take(&defaults, &sentence, POLICY_OFFENCE, &at),
				 POLICY_BEGINS | POLICY_EVIDENCE);
		assert_int_equal(sentence.state, SENTENCE_BLOCKED);
		assert_int_equal(sentence.date, at.wall);
		assert_int_equal(sentence.time, times[i]);
		assert_int_equal(sentence.deadline, at.boot + times[i] * NSEC_PER_SEC);
		assert_int_equal(sentence.served, sentence.deadline);
		assert_int_equal(sentence.offences, i + 1);
		assert_int_equal(sentence.last_detected, at.wall);
		at.wall += (int64_t)times[i];
		at.boot = sentence.deadline;
		assert_int_equal(take(&defaults, &sentence, POLICY_DUE, &at), POLICY_ENDS);
		assert_int_equal(sentence.last_end, at.wall);
		assert_int_equal(take(&defaults, &sentence, POLICY_GONE, &at), POLICY_FREE);
		at.wall++;
	}
}

static void test_forgets_one_offence_at_a_time(void **state)
{
	struct sentence sentence = {.offences = 3, .date = NOW - 180 * DAY};

	(void)state;
	take(&defaults, &sentence, POLICY_OFFENCE, &now);
	assert_int_equal(sentence.time, 4 * HOUR);
	assert_int_equal(sentence.offences, 2);
}

static void test_offences_saturate(void **state)
{
	struct sentence sentence = {.offences = UINT32_MAX, .date = NOW};

	(void)state;
	take(&defaults, &sentence, POLICY_OFFENCE, &now);
	assert_int_equal(sentence.offences, UINT32_MAX);
	assert_int_equal(sentence.time, 7 * DAY);
}

/* Longer than the clock counts: the last moment that fits. */
static void test_deadlines_saturate(void **state)
{
	struct config_policy policy = defaults;
	struct sentence sentence = {.offences = 0};

	(void)state;
	policy.duration = policy.max = UINT64_MAX;
	take(&policy, &sentence, POLICY_ORDER, &now);
	assert_int_equal(sentence.time, UINT64_MAX);
	assert_in_range(sentence.deadline, INT64_MAX - NSEC_PER_SEC, INT64_MAX);
}

static void test_evidence_extends_nothing(void **state)
{
	struct moment later = {.boot = BOOT + NSEC_PER_SEC, .wall = NOW + 1};
	struct incident worse = {.score = 500, .detected = NOW + 1};
	const struct policy_case evidence = {.event = POLICY_OFFENCE, .incident = &worse};
	struct sentence sentence = {.offences = 0}, before;

	(void)state;
	take(&defaults, &sentence, POLICY_OFFENCE, &now);
	before = sentence;
	assert_int_equal(policy_step(&defaults, &sentence, &evidence, &later), POLICY_EVIDENCE);
	assert_int_equal(sentence.score, 500);
	assert_int_equal(sentence.last_detected, NOW + 1);
	before.score = sentence.score;
	before.last_detected = sentence.last_detected;
	assert_memory_equal(&sentence, &before, sizeof(before));
	worse.score = 400;
	worse.detected = NOW;
	policy_step(&defaults, &sentence, &evidence, &later);
	assert_memory_equal(&sentence, &before, sizeof(before));
}

static void test_by_hand(void **state)
{
	const struct policy_case minute = {.event = POLICY_ORDER, .time = 60};
	const struct policy_case too_long = {.event = POLICY_ORDER, .time = 31 * DAY};
	struct sentence sentence = {.offences = 1, .date = NOW - 1, .score = 7};

	(void)state;
	assert_int_equal(policy_step(&defaults, &sentence, &minute, &now), POLICY_BEGINS);
	assert_int_equal(sentence.time, 60);
	assert_int_equal(sentence.offences, 2);
	assert_int_equal(sentence.score, 0);
	assert_int_equal(take(&defaults, &sentence, POLICY_ORDER, &now), POLICY_REPLACED);
	assert_int_equal(sentence.time, 4 * HOUR);
	assert_int_equal(sentence.offences, 2);
	policy_step(&defaults, &sentence, &too_long, &now);
	assert_int_equal(sentence.time, 30 * DAY);
}

static void test_release_on_request(void **state)
{
	struct config_policy policy = defaults;
	struct moment at = now;
	struct sentence sentence = {.offences = 0};

	(void)state;
	policy.release = CONFIG_RELEASE_ON_REQUEST;
	take(&policy, &sentence, POLICY_OFFENCE, &at);
	assert_int_equal(sentence.deadline, 0);
	/* A wall clock that is set forward releases nobody. */
	at.wall += 1000 * DAY;
	assert_int_equal(policy_hear(&sentence, false, false, &at).event, POLICY_EARLY);
	at.boot += HOUR * NSEC_PER_SEC;
	assert_int_equal(policy_hear(&sentence, false, false, &at).event, POLICY_RELEASE);
}

static void test_forgiven(void **state)
{
	struct sentence sentence = {.offences = 0};

	(void)state;
	take(&defaults, &sentence, POLICY_OFFENCE, &now);
	take(&defaults, &sentence, POLICY_FORGIVE, &now);
	assert_int_equal(sentence.offences, 0);
	take(&defaults, &sentence, POLICY_FORGIVE, &now);
	assert_int_equal(sentence.offences, 0);
	assert_int_equal(sentence.state, SENTENCE_UNBLOCKING);
}

/* When it ended, as people read it. */
static void test_ends(void **state)
{
	static const struct {
		const char *what;
		int64_t date;
		uint64_t time;
		int64_t end;
	} cases[] = {
		{"lifted early", NOW - 10, 60, NOW},
		{"in time", NOW - 60, 60, NOW},
		{"found late", NOW - 100, 60, NOW - 40},
		{"the clock was set back", NOW + 100, 60, NOW},
		{"longer than time", NOW - 10, UINT64_MAX, NOW},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sentence sentence = {
			.state = SENTENCE_BLOCKED, .date = cases[i].date, .time = cases[i].time};

		take(&defaults, &sentence, POLICY_FORCE, &now);
		if (sentence.last_end != cases[i].end)
			fail_msg("%s: %lld", cases[i].what, (long long)sentence.last_end);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_a_career),
		cmocka_unit_test(test_forgets_one_offence_at_a_time),
		cmocka_unit_test(test_offences_saturate),
		cmocka_unit_test(test_deadlines_saturate),
		cmocka_unit_test(test_evidence_extends_nothing),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_release_on_request),
		cmocka_unit_test(test_forgiven),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
