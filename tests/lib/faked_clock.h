/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clocks that stand still until the test moves them, for all of its process: a program's own
 * clock_gettime() takes the place of the C library's, also for libsystemd. The kernel's clocks go
 * on, so a timer may wake the event loop too early, which then looks at these.
 */
#ifndef SMTPFENCE_TESTS_FAKED_CLOCK_H
#define SMTPFENCE_TESTS_FAKED_CLOCK_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <time.h>

#include "base/clock.h"

struct faked_clock {
	int64_t boot, wall; /* ns */
	unsigned int boots;
};

static struct faked_clock faked_clock;

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	int64_t now = clock == CLOCK_REALTIME ? faked_clock.wall : faked_clock.boot;

	*ret = (struct timespec){.tv_sec = now / (int64_t)NSEC_PER_SEC,
				 .tv_nsec = now % (int64_t)NSEC_PER_SEC};
	return 0;
}

/* What /proc says of the boot, in this process's mount namespace: @path lies over it. */
static inline int faked_boot_id(const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return -errno;
	fprintf(file, "00000000-0000-4000-8000-%012u\n", faked_clock.boots);
	return fclose(file);
}

static inline int faked_boot_begin(const char *path)
{
	int r = faked_boot_id(path);

	if (r == 0)
		r = mount(path, "/proc/sys/kernel/random/boot_id", NULL, MS_BIND, NULL);
	return r;
}

#endif
