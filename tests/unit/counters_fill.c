/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How full the maps are is not counted again and again, however often somebody asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <time.h>

#include "base/clock.h"
#include "lib/pinned.h"

#define TICK_NS 1000000L

/* A clock of this process's own, on which everything takes a millisecond. */
static int64_t now = NSEC_PER_SEC;

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	(void)clock;
	now += TICK_NS;
	*ret = (struct timespec){.tv_sec = now / (int64_t)NSEC_PER_SEC,
				 .tv_nsec = now % (int64_t)NSEC_PER_SEC};
	return 0;
}

static size_t count_blocks(struct pinned *pinned)
{
	struct counters_map maps[COUNTERS_MAPS];

	assert_int_equal(counters_maps(pinned->counters, maps), COUNTERS_MAPS);
	assert_string_equal(maps[0].name, "blocks");
	return maps[0].entries;
}

static void test_counting_takes_a_rest(void **state)
{
	struct pinned *pinned = *state;

	assert_int_equal(count_blocks(pinned), 0);
	pinned_put_block(pinned->bpf->maps.blocks, "192.0.2.1", SMTPFENCE_ACTION_DROP, 0);
	now -= 2L * COUNTERS_MAPS * TICK_NS; /* what the others took */
	assert_int_equal(count_blocks(pinned), 0);
	now += 10 * TICK_NS;
	assert_int_equal(count_blocks(pinned), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PINNED_TEST(test_counting_takes_a_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
