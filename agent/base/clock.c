/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"

/* RFC 3339 has four digits for the year. */
#define WALL_MIN (-62167219200LL) /* 0000-01-01T00:00:00Z */
#define WALL_MAX 253402300799LL	  /* 9999-12-31T23:59:59Z */

#define SECONDS_PER_HOUR   3600
#define SECONDS_PER_MINUTE 60
#define TM_YEAR_BASE	   1900

uint64_t clock_boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

int64_t clock_wall(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

int64_t clock_wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * (int64_t)NSEC_PER_SEC + now.tv_nsec;
}

struct moment clock_now(void)
{
	return (struct moment){.boot = clock_boot_ns(), .wall = clock_wall()};
}

uint64_t clock_seconds_left(uint64_t deadline, uint64_t now)
{
	uint64_t left = deadline > now ? deadline - now : 0;

	return left / NSEC_PER_SEC + (left % NSEC_PER_SEC != 0);
}

const char *clock_boot_id(char id[BOOT_ID_MAX])
{
	_cleanup_fclose_ FILE *file = fopen(BOOT_ID_PATH, "re");

	if (!file || !fgets(id, BOOT_ID_MAX, file))
		id[0] = '\0';
	return id;
}

static time_t clamp(int64_t wall)
{
	return wall < WALL_MIN ? WALL_MIN : (wall > WALL_MAX ? WALL_MAX : wall);
}

/* Without what says the zone; returns the length. strftime's %Y does not pad years before 1000. */
static size_t format_fields(const struct tm *fields, char text[TIME_TEXT_MAX])
{
	int used = snprintf(text, TIME_TEXT_MAX, "%04d", fields->tm_year + TM_YEAR_BASE);

	return (size_t)used +
	       strftime(text + used, TIME_TEXT_MAX - (size_t)used, "-%m-%dT%H:%M:%S", fields);
}

const char *time_format(int64_t wall, char text[TIME_TEXT_MAX])
{
	time_t seconds = clamp(wall);
	struct tm utc;
	size_t used;

	gmtime_r(&seconds, &utc);
	used = format_fields(&utc, text);
	snprintf(text + used, TIME_TEXT_MAX - used, "Z");
	return text;
}

const char *time_format_local(int64_t wall, char text[TIME_TEXT_MAX])
{
	time_t seconds = clamp(wall);
	struct tm local;
	size_t used;
	long east;

	localtime_r(&seconds, &local);
	used = format_fields(&local, text);
	east = local.tm_gmtoff < 0 ? -local.tm_gmtoff : local.tm_gmtoff;
	snprintf(text + used, TIME_TEXT_MAX - used, "%c%02ld:%02ld",
		 local.tm_gmtoff < 0 ? '-' : '+', east / SECONDS_PER_HOUR,
		 east % SECONDS_PER_HOUR / SECONDS_PER_MINUTE);
	return text;
}

/*
 * Reads @digits digits and then the character @end (0: whatever follows), and moves @text behind
 * them.
 */
static bool take_number(const char **text, int digits, char end, int min, int max, int *ret)
{
	int number = 0;

	for (; digits > 0; digits--, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		number = number * 10 + (**text - '0');
	}
	if (end && *(*text)++ != end)
		return false;
	*ret = number;
	return number >= min && number <= max;
}

/* A leap second is taken for the first of the next minute. */
static bool take_date_and_time(const char **text, struct tm *ret)
{
	if (!take_number(text, 4, '-', 0, 9999, &ret->tm_year) ||
	    !take_number(text, 2, '-', 1, 12, &ret->tm_mon) ||
	    !take_number(text, 2, 0, 1, 31, &ret->tm_mday))
		return false;
	if (**text != 'T' && **text != 't')
		return false;
	(*text)++;
	ret->tm_year -= TM_YEAR_BASE;
	ret->tm_mon -= 1;
	return take_number(text, 2, ':', 0, 23, &ret->tm_hour) &&
	       take_number(text, 2, ':', 0, 59, &ret->tm_min) &&
	       take_number(text, 2, 0, 0, 60, &ret->tm_sec);
}

static bool skip_fraction(const char **text)
{
	size_t digits;

	if (**text != '.')
		return true;
	digits = strspn(*text + 1, "0123456789");
	*text += 1 + digits;
	return digits > 0;
}

/* "Z" or "+01:00", to the end of @text; seconds east of Greenwich. */
static bool take_offset(const char *text, int *ret)
{
	int sign = *text == '-' ? -1 : 1, hours, minutes;

	if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
		*ret = 0;
		return true;
	}
	if (*text != '+' && *text != '-')
		return false;
	text++;
	if (!take_number(&text, 2, ':', 0, 23, &hours) ||
	    !take_number(&text, 2, 0, 0, 59, &minutes) || *text)
		return false;
	*ret = sign * (hours * SECONDS_PER_HOUR + minutes * SECONDS_PER_MINUTE);
	return true;
}

int time_parse(const char *text, int64_t *ret_wall)
{
	struct tm read = {0}, day;
	int offset;

	if (!take_date_and_time(&text, &read) || !skip_fraction(&text) ||
	    !take_offset(text, &offset))
		return -EINVAL;
	/* timegm() makes 2 March of 30 February: refuse what it had to correct. */
	day = (struct tm){.tm_year = read.tm_year, .tm_mon = read.tm_mon, .tm_mday = read.tm_mday};
	timegm(&day);
	if (day.tm_mday != read.tm_mday)
		return -EINVAL;
	*ret_wall = timegm(&read) - offset;
	return 0;
}
