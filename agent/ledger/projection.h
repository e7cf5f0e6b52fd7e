/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the store wants, put into the kernel: all of it, or one prefix. */
#ifndef SMTPFENCE_LEDGER_PROJECTION_H
#define SMTPFENCE_LEDGER_PROJECTION_H

#include "base/prefix_list.h"
#include "ledger/internal.h"

/* The blocked prefixes that a walk is inside of, each in the one before it. */
struct scope {
	struct smtpfence_prefix open[129];
	size_t depth;
};

/* All that the store wants to see in the kernel. */
struct projection {
	struct ledger *ledger;
	bool in_slices; /* of one turn: what changes in between may be in it or not */
	struct entries entries;
	size_t blocked[SMTPFENCE_FAMILIES];
	/* One a family: the walk over ::/0 is interrupted by the IPv4 addresses inside. */
	struct scope scopes[SMTPFENCE_FAMILIES];
	struct smtpfence_prefix last; /* that the walk came to */
	size_t visited;
	uint64_t since; /* begin of the turn */
};

/* Goes on gathering. 1: there is more to do. */
int projection_gather(struct projection *projection, struct error *error);
void projection_clear(struct projection *projection);

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

/*
 * The same for prefixes in which the kernel may be wrong: adds up in @drift in which of them it
 * was, and which found no room. The exceptions inside are not counted: one that may be wrong is in
 * @list, or was in one before.
 */
int projection_mend(struct ledger *ledger, const struct prefix_list *list,
		    struct fence_changes *drift, struct error *error);

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
