/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a report is a report of: its number and its time. Kept in a file beside the reports, so that
 * numbers go on and windows join over restarts.
 */
#ifndef SMTPFENCE_USAGE_WINDOW_H
#define SMTPFENCE_USAGE_WINDOW_H

#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

struct window {
	char boot_id[BOOT_ID_MAX];
	uint64_t sequence; /* from 1, never the same twice */
	int64_t from, to;  /* s since 1970 */
};

/*
 * The window behind the last one of the folder @fd: the next number, from the last one's end, or
 * from the boot where that was in an earlier one, until now. 0 or a negative errno.
 */
int window_next(int fd, struct window *ret, struct error *error);

/* Makes @window the last one of the folder. To be called before a report bears its number. */
int window_store(int fd, const struct window *window, struct error *error);

#endif
