/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One change: a transaction of the store, then the kernel. What is not committed is undone when
 * the change goes out of scope.
 */
#ifndef SMTPFENCE_LEDGER_CHANGE_H
#define SMTPFENCE_LEDGER_CHANGE_H

#include "base/prefix_list.h"
#include "ledger/internal.h"

struct change {
	struct ledger *ledger;
	uint64_t boot; /* CLOCK_BOOTTIME at its begin, ns */
	int64_t wall;
	struct prefix_list touched; /* whose entries come or get another deadline */
	bool everything;	    /* more than that changes: the maps are synced as a whole */
	size_t blocked, unblocking; /* sentences that became so */
	long wanted[SMTPFENCE_FAMILIES]; /* DROP entries that came or went */
};

/* Who wants a change, and why: for the audit trail. */
struct cause {
	const char *source;
	const char *reason; /* may be NULL */
};

int change_begin(struct change *change, struct ledger *ledger, struct error *error);
void change_end(struct change *change);
#define _cleanup_change_ _cleanup_(change_end)

/* A line in the audit trail; @sentence, or else @prefix, may be NULL. */
int change_audit(struct change *change, const char *event, const struct smtpfence_prefix *prefix,
		 const struct sentence *sentence, const struct cause *cause, struct error *error);

/* Deadline of what lasts @seconds from now. */
uint64_t change_deadline(const struct change *change, uint64_t seconds);

/* A sentence begins, or begins again: @was is its state before. */
int change_block(struct change *change, const struct sentence *sentence, enum sentence_state was,
		 const struct cause *cause, struct error *error);

/* A running sentence ends: from now on it is unblocking. */
int change_lift(struct change *change, const struct smtpfence_prefix *prefix,
		const struct cause *cause, struct error *error);

/* The same for all that @filter lets through. */
int change_lift_each(struct change *change, const struct sentence_filter *filter,
		     const struct cause *cause, struct error *error);

/*
 * Commits, and puts it into the kernel. An error after the commit says "stored, but not in
 * force": -ENOSPC when the map is full, otherwise -EIO. What could not be put into the kernel, or
 * out of it, is tried again by the next audit.
 */
int change_finish(struct change *change, struct error *error);

/*
 * Sentences that are unblocking and whose entries are gone from the kernel become unblocked. One
 * whose entry cannot be taken away stays as it is; that is logged.
 */
void change_settle(struct ledger *ledger);

#endif
