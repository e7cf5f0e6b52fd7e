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
	struct moment now;	    /* its begin */
	struct prefix_list touched; /* whose entries come or get another deadline */
	struct prefix_list lifted;  /* whose entries have to leave */
	struct prefix_list listed;  /* which came to a list, left it, or end at another time */
	struct prefix_list came;    /* whose sentence runs now and did not before */
	struct prefix_list went;    /* the other way round */
	bool everything;	    /* more than that changes: the maps are synced as a whole */
	size_t begun;		    /* sentences that did */
	long wanted[SMTPFENCE_FAMILIES]; /* DROP entries that came or went */
};

/* Who wants a change, and why: for the audit trail. */
struct cause {
	const char *source;		  /* a feed's name, "manual", "timer", "config" … */
	const char *reason;		  /* may be NULL */
	const struct ledger_actor *actor; /* who asked by hand; NULL: nobody */
};

int change_begin(struct change *change, struct ledger *ledger, struct error *error);
void change_end(struct change *change);
#define _cleanup_change_ _cleanup_(change_end)

/* A line in the audit trail; @sentence, or else @prefix, may be NULL. */
int change_audit(struct change *change, const char *event, const struct smtpfence_prefix *prefix,
		 const struct sentence *sentence, const struct cause *cause, struct error *error);

/*
 * Commits, and puts it into the kernel. An error after the commit says "stored, but not in
 * force": -ENOSPC when the map is full, otherwise -EIO. What could not be put into the kernel, or
 * out of it, is tried again by the next audit.
 */
int change_finish(struct change *change, struct error *error);

/* For what is put into the kernel in another way, after its commit: the same words … */
int change_not_in_force(int code, struct error *error);
/* … and how long it took. */
void change_measure(struct ledger *ledger, uint64_t since);

#endif
