/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A short pass of the fuzzer, the same in every run; `make fuzz-frames` makes longer ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "differential.h"
#include "entry_points.h"
#include "forge.h"

#define SEED   25
#define FRAMES 200000
#define ENOUGH 200 /* frames of a reason, so that the pass is about all of them */

static void test_no_disagreement(void **state)
{
	static struct differential differential;
	uint64_t number;
	int reason;

	(void)state;
	assert_int_equal(differential_open(&differential, SEED), 0);
	for (number = 0; number < FRAMES; number++)
		if (!differential_agrees(&differential, number))
			fail_msg("frame %u: %s", (unsigned int)number, differential.complaint);
	for (reason = 0; reason < SMTPFENCE_REASON_COUNT; reason++)
		if (differential.seen[reason] < ENOUGH)
			fail_msg("%s: only %u frames", reason_label(reason),
				 (unsigned int)differential.seen[reason]);
	differential_close(&differential);
}

/* Otherwise a disagreement could not be looked at again. */
static void test_seed_determines_frame(void **state)
{
	struct dice first = take_dice(SEED, 1), again = first, other = take_dice(SEED, 2);
	static struct built frames[3];

	(void)state;
	forge_frame(&frames[0], &first);
	forge_frame(&frames[1], &again);
	forge_frame(&frames[2], &other);
	assert_int_equal(frames[0].length, frames[1].length);
	assert_memory_equal(frames[0].bytes, frames[1].bytes, frames[0].length);
	assert_memory_not_equal(frames[0].bytes, frames[2].bytes, 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_disagreement),
		cmocka_unit_test(test_seed_determines_frame),
	};

	return cmocka_run_group_tests_name("fuzz", tests, NULL, NULL);
}
