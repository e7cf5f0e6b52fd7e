/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists tell ends in wall time, the kernel keeps deadlines on the boot's clock. One offset between
 * the two is kept for a whole boot, over restarts of the daemon: with a new one every time, each
 * deadline would differ from the one in the kernel by a moment.
 */
#ifndef SMTPFENCE_LEDGER_WALL_H
#define SMTPFENCE_LEDGER_WALL_H

#include "ledger/internal.h"

/* Takes the offset that is stored for this boot, unless the clock has been set since. */
int wall_open(struct ledger *ledger, struct error *error);

/*
 * Takes a new offset when the wall clock was set by a second or more. Returns 1 when it was: then
 * deadlines of listings in the kernel are wrong.
 */
int wall_follow(struct ledger *ledger, struct error *error);

/* What the wall clock shows by that offset, s since 1970. */
int64_t wall_seconds(const struct ledger *ledger);

/* The deadline (CLOCK_BOOTTIME, ns) of what ends at @until; 0 for 0, and beyond year 2262. */
uint64_t wall_deadline(const struct ledger *ledger, int64_t until);

#endif
