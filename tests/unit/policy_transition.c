/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every cell of the table, told once more in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/cleanup.h"
#include "policy/transition.h"

struct cell {
	enum policy_event event;
	const char *what;
	const char *after[SENTENCE_STATES]; /* "" where nothing happens */
};

/* From unblocked, blockedForSpam and unblocking. */
static const struct cell cells[] = {
	{POLICY_NOISE, "a score too low", {"", "", ""}},
	{POLICY_REPEAT, "an old incident", {"", "blockedForSpam evidence", ""}},
	{POLICY_OFFENCE,
	 "a new incident",
	 {"blockedForSpam begins evidence", "blockedForSpam evidence",
	  "blockedForSpam begins evidence"}},
	{POLICY_CLEAR, "a score of 0", {"", "unblocking ends", ""}},
	{POLICY_ORDER,
	 "blocked by hand",
	 {"blockedForSpam begins", "blockedForSpam replaced", "blockedForSpam begins"}},
	{POLICY_EARLY, "asked too early", {"", "blockedForSpam refused", ""}},
	{POLICY_RELEASE, "asked in time", {"", "unblocking ends", ""}},
	{POLICY_FORCE, "forced", {"", "unblocking ends", ""}},
	{POLICY_FORGIVE, "forgiven", {"", "unblocking ends pardoned", "unblocking pardoned"}},
	{POLICY_DUE, "the deadline", {"", "unblocking ends", ""}},
	{POLICY_ALLOW, "allowed", {"", "unblocking ends", ""}},
	{POLICY_GONE, "gone from the kernel", {"", "", "unblocked free"}},
};

#define WORDS_MAX 80

static const char *told(struct policy_transition transition, char words[WORDS_MAX])
{
	static const struct {
		enum policy_effect effect;
		const char *word;
	} effects[] = {
		{POLICY_BEGINS, " begins"},	{POLICY_REPLACED, " replaced"},
		{POLICY_EVIDENCE, " evidence"}, {POLICY_ENDS, " ends"},
		{POLICY_PARDONED, " pardoned"}, {POLICY_FREE, " free"},
		{POLICY_REFUSED, " refused"},
	};

	int length = snprintf(words, WORDS_MAX, "%s", sentence_state_name(transition.next));

	for (size_t i = 0; i < ARRAY_SIZE(effects); i++)
		if (transition.effects & (unsigned int)effects[i].effect)
			length += snprintf(words + length, WORDS_MAX - (size_t)length, "%s",
					   effects[i].word);
	return words;
}

static void test_every_cell(void **state)
{
	char words[WORDS_MAX];

	(void)state;
	assert_int_equal(ARRAY_SIZE(cells), POLICY_EVENTS);
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
		assert_int_equal(cells[i].event, i);
		for (int from = 0; from < SENTENCE_STATES; from++) {
			const char *expected = cells[i].after[from];

			told(policy_transition((enum sentence_state)from, cells[i].event), words);
			if (!*expected)
				expected = sentence_state_name((enum sentence_state)from);
			if (strcmp(words, expected) != 0)
				fail_msg("%s, from %s: %s", cells[i].what,
					 sentence_state_name((enum sentence_state)from), words);
		}
	}
}

/* What a person is told of a sentence must not depend on who reads the table. */
static void test_what_holds_for_the_whole_table(void **state)
{
	(void)state;
	for (int event = 0; event < POLICY_EVENTS; event++) {
		for (int from = 0; from < SENTENCE_STATES; from++) {
			struct policy_transition cell = policy_transition((enum sentence_state)from,
									  (enum policy_event)event);
			unsigned int effects = cell.effects;

			/* An entry leaves the kernel before a source counts as unblocked. */
			if (cell.next == SENTENCE_UNBLOCKED && from != SENTENCE_UNBLOCKED)
				assert_true(from == SENTENCE_UNBLOCKING && event == POLICY_GONE);
			/* Only what runs can end, and only what does not can begin. */
			assert_int_equal((effects & POLICY_ENDS) != 0,
					 from == SENTENCE_BLOCKED &&
						 cell.next == SENTENCE_UNBLOCKING);
			assert_int_equal((effects & POLICY_BEGINS) != 0,
					 from != SENTENCE_BLOCKED && cell.next == SENTENCE_BLOCKED);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell),
		cmocka_unit_test(test_what_holds_for_the_whole_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
