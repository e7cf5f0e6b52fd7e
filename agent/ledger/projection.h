/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the store wants, put into the kernel: all of it, or one prefix. */
#ifndef SMTPFENCE_LEDGER_PROJECTION_H
#define SMTPFENCE_LEDGER_PROJECTION_H

#include "base/prefix_list.h"
#include "ledger/internal.h"

/*
 * Makes the maps equal to the store and counts what is wanted. -ENOSPC: what the report calls
 * refused did not fit; all else is in force.
 */
int projection_sync(struct ledger *ledger, struct fence_changes *ret, struct error *error);

/*
 * The same for some prefixes, and for the exceptions that lie in them. Sets @done (may be NULL) of
 * those whose entries are as they should be; returns the first problem, after trying all, -ENOSPC
 * only if there is no other: then all that had to go is gone.
 */
int projection_sync_some(struct ledger *ledger, const struct prefix_list *list, bool *done,
			 struct error *error);

/* What an allowlist entry needs before what is around it is blocked; not what it can do without. */
int projection_set_exception(struct ledger *ledger, const struct smtpfence_prefix *prefix,
			     struct error *error);

/*
 * The same for edits of a list that is stored already, either those that go or all the others.
 * Counts what is wanted.
 */
int projection_sync_edits(struct ledger *ledger, const struct list_edit *edits, size_t count,
			  bool removing, struct error *error);

#endif
