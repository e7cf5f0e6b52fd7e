/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/schedule.h"

#include <stdlib.h>

#include "base/backoff.h"
#include "base/clock.h"

#define FIRST_RETRY	 5    /* s */
#define LAST_RETRY	 300  /* s */
#define RETRY_AFTER_LAST 3600 /* s */

#define INTERVAL_SPREAD	   10 /* percent */
#define RETRY_AFTER_SPREAD 10

#define PERCENT 100

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* From 0 to @percent of @usec. */
static uint64_t some(uint64_t usec, unsigned int percent)
{
	uint64_t random;

	arc4random_buf(&random, sizeof(random));
	return random % (usec / PERCENT * percent + 1);
}

uint64_t schedule_usec(uint64_t seconds)
{
	uint64_t usec;

	return __builtin_mul_overflow(seconds, USEC_PER_SEC, &usec) ? UINT64_MAX : usec;
}

uint64_t schedule_after_success(struct schedule *schedule, uint64_t interval)
{
	uint64_t usec = schedule_usec(interval);

	schedule->failures = 0;
	return usec - some(usec, INTERVAL_SPREAD);
}

uint64_t schedule_after_failure(struct schedule *schedule, uint64_t interval, uint64_t retry_after)
{
	uint64_t asked = schedule_usec(smaller(retry_after, larger(RETRY_AFTER_LAST, interval)));
	uint64_t usec =
		backoff_usec(++schedule->failures, schedule_usec(smaller(FIRST_RETRY, interval)),
			     schedule_usec(larger(LAST_RETRY, interval)));

	return larger(usec, asked + some(asked, RETRY_AFTER_SPREAD));
}
