/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time. Deadlines run on CLOCK_BOOTTIME (ns, never steps, counts suspend; the datapath compares
 * the same clock); what people read is UTC in seconds since 1970.
 */
#ifndef SMTPFENCE_BASE_CLOCK_H
#define SMTPFENCE_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NSEC_PER_SEC  1000000000ULL
#define NSEC_PER_USEC 1000ULL
#define USEC_PER_SEC  1000000ULL

#define TIME_TEXT_MAX	  32 /* "2026-11-21T21:00:00Z", "2026-11-21T22:00:00+01:00" */
#define DURATION_TEXT_MAX 32 /* "24d20h31m23s" */
#define BOOT_ID_MAX	  37 /* /proc/sys/kernel/random/boot_id and its NUL */

uint64_t clock_boot_ns(void);
int64_t clock_wall(void);    /* seconds since 1970, UTC */
int64_t clock_wall_ns(void); /* the same in ns, up to the year 2262 */

/* One reading of both, for what needs a time but has no clock of its own. */
struct moment {
	uint64_t boot; /* CLOCK_BOOTTIME, ns */
	int64_t wall;  /* s since 1970 */
};

struct moment clock_now(void);

/* Seconds from @now to @deadline, rounded up: 0 only when it has passed. */
uint64_t clock_seconds_left(uint64_t deadline, uint64_t now);

/* The running boot's id; returns @id, or an empty string where /proc has none. */
const char *clock_boot_id(char id[BOOT_ID_MAX]);

/* RFC 3339, UTC, "Z". Returns @text. */
const char *time_format(int64_t wall, char text[TIME_TEXT_MAX]);

/* RFC 3339 in the time zone of the host, always with an offset. Returns @text. */
const char *time_format_local(int64_t wall, char text[TIME_TEXT_MAX]);

/* RFC 3339 with "Z" or an offset, fractions of a second cut off. 0 or -EINVAL. */
int time_parse(const char *text, int64_t *ret_wall);

/* "90s", "10m", "1h30m", "7d", units d h m s from large to small. 0, -EINVAL or -ERANGE. */
int duration_parse(const char *text, uint64_t *ret_seconds);

/* The shortest of the same form: 5400 is "1h30m", 0 is "0s". Returns @text. */
const char *duration_format(uint64_t seconds, char text[DURATION_TEXT_MAX]);

#endif
