/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the store wants, put into the kernel: all of it, or one prefix. */
#ifndef SMTPFENCE_LEDGER_PROJECTION_H
#define SMTPFENCE_LEDGER_PROJECTION_H

#include "ledger/internal.h"

/*
 * Makes the maps equal to the store and counts what is wanted. -ENOSPC: what the report calls
 * refused did not fit; all else is in force.
 */
int projection_sync(struct ledger *ledger, struct fence_changes *ret, struct error *error);

/* The same for one prefix that no allowlist entry lies in. */
int projection_sync_one(struct ledger *ledger, const struct smtpfence_prefix *prefix,
			struct error *error);

#endif
