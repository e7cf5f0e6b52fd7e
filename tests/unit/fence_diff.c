/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The difference between what the maps hold and what they should hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "fence/diff.h"

static struct entry entry(unsigned char last, enum smtpfence_action action, uint64_t deadline)
{
	struct entry made = {
		.prefix = {.length = 128},
		.action = action,
		.deadline = deadline,
	};

	made.prefix.address[15] = last;
	return made;
}

static void test_each_kind(void **state)
{
	struct entry before[] = {
		entry(1, SMTPFENCE_ACTION_DROP, 5), entry(2, SMTPFENCE_ACTION_DROP, 5),
		entry(3, SMTPFENCE_ACTION_DROP, 5), entry(4, SMTPFENCE_ACTION_DROP, 5)};
	struct entry after[] = {
		entry(0, SMTPFENCE_ACTION_DROP, 5), entry(2, SMTPFENCE_ACTION_DROP, 5),
		entry(3, SMTPFENCE_ACTION_DROP, 6), entry(4, SMTPFENCE_ACTION_ALLOW, 5),
		entry(9, SMTPFENCE_ACTION_DROP, 0)};
	const struct entries present = {before, ARRAY_SIZE(before)};
	const struct entries wanted = {after, ARRAY_SIZE(after)};
	const struct edit expected[] = {
		{.entry = &after[0], .kind = EDIT_ADD},
		{.entry = &before[0], .kind = EDIT_REMOVE},
		{.entry = &after[2], .kind = EDIT_UPDATE},
		{.entry = &after[3], .kind = EDIT_UPDATE},
		{.entry = &after[4], .kind = EDIT_ADD},
	};
	_cleanup_(edits_clear) struct edits edits = {};

	(void)state;
	assert_int_equal(diff_entries(&present, &wanted, &edits, NULL), 0);
	assert_int_equal(edits.count, ARRAY_SIZE(expected));
	for (size_t i = 0; i < edits.count; i++) {
		assert_int_equal(edits.items[i].kind, expected[i].kind);
		assert_ptr_equal(edits.items[i].entry, expected[i].entry);
	}
}

static void test_nothing_to_do(void **state)
{
	struct entry items[] = {entry(1, SMTPFENCE_ACTION_DROP, 5)};
	const struct entries same = {items, 1};
	const struct entries empty = {};
	_cleanup_(edits_clear) struct edits edits = {};

	(void)state;
	assert_int_equal(diff_entries(&same, &same, &edits, NULL), 0);
	assert_int_equal(edits.count, 0);
	edits_clear(&edits);
	assert_int_equal(diff_entries(&empty, &empty, &edits, NULL), 0);
	assert_int_equal(edits.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind),
		cmocka_unit_test(test_nothing_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
