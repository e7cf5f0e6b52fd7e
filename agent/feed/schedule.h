/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a server is asked again. Thousands of hosts ask the same one, and many of them began when
 * it did: each shifts its readings by chance, and asks less and less often while it gets nothing.
 */
#ifndef SMTPFENCE_FEED_SCHEDULE_H
#define SMTPFENCE_FEED_SCHEDULE_H

#include <stdint.h>

struct schedule {
	unsigned int failures; /* in a row */
};

/* An interval as the event loop wants it; what does not fit is "never", UINT64_MAX. */
uint64_t schedule_usec(uint64_t seconds);

/* Microseconds until the next reading: 90 to 100% of @interval, which is in seconds. */
uint64_t schedule_after_success(struct schedule *schedule, uint64_t interval);

/*
 * The same after a failure: the shorter of 5 s and @interval, doubled with each failure in a row
 * up to the longer of 5 min and @interval; of that, 50 to 100%. Never before @retry_after (s; 0:
 * not told), which is believed up to the longer of 1 h and @interval.
 */
uint64_t schedule_after_failure(struct schedule *schedule, uint64_t interval, uint64_t retry_after);

#endif
