/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a feed said, taken over in steps of some milliseconds. Each step leaves store and kernel in
 * a state that is right for somebody who asks in between.
 */
#ifndef SMTPFENCE_LEDGER_APPLY_H
#define SMTPFENCE_LEDGER_APPLY_H

#include "base/prefix_list.h"
#include "ledger/internal.h"
#include "ledger/sentence_reader.h"

/* What one step may take: requests wait for no longer. */
#define APPLY_TURN_NS (15 * NSEC_PER_SEC / 1000)

struct apply {
	struct ledger *ledger;
	const struct feed_batch *batch; /* borrowed */
	char feed[SENTENCE_SOURCE_MAX];
	uint64_t ttl;
	struct config_widest widest;
	bool unguarded;
	uint64_t begun; /* CLOCK_BOOTTIME, ns */
	struct feed_progress progress;
	/* What comes next: 1: go on with what `step` is then; 0: done; or a negative errno. */
	int (*step)(struct apply *apply, struct error *error);
	/* list */
	struct list_change list;
	struct list_writer writer;
	bool unfinished;	       /* it counts in the ledger's `unfinished` */
	bool writing;		       /* `writer` is to be dropped */
	struct prefix_list exceptions; /* that lie in what changes: owned */
	size_t next_exception;
	size_t next;	     /* edit to be put into the kernel */
	bool removing;	     /* those that come are in force: now those that go */
	bool full;	     /* the kernel's map is */
	bool everything;     /* the maps are to be synced as a whole */
	unsigned long syncs; /* of the ledger, when the store was complete */
	/* scores */
	struct sentence_reader sentences;
	size_t weighed, judged, begins, lifts, evidence; /* incidents, and what they do */
};

/* First steps. */
int apply_list(struct apply *apply, struct error *error);
int apply_scores(struct apply *apply, struct error *error);

/* Fits feed_target. */
bool ledger_feed_is_paused(const char *feed, void *userdata);

/* Whether this step has used up its time. */
bool apply_is_over(uint64_t since);

#endif
