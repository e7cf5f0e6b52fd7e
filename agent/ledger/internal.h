/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger itself, for its own files. */
#ifndef SMTPFENCE_LEDGER_INTERNAL_H
#define SMTPFENCE_LEDGER_INTERNAL_H

#include "ledger/allowlist.h"
#include "ledger/ledger.h"

/*
 * So many sentences end in one go: others that end at the same time wait for the next turn of the
 * event loop, so that requests are answered in between.
 */
#define LEDGER_SLICE 500

/* Interfaces that should be covered and are not. */
struct coverage {
	unsigned int *uncovered; /* ifindex; owned */
	size_t count;
};

struct ledger {
	sd_event *event;
	const struct config *config;
	struct store *store;
	struct fence *fence;
	struct allowlist allow;
	struct coverage coverage;
	int64_t wall_offset; /* ns from CLOCK_BOOTTIME to the wall clock: see wall.h */
	sd_event_source *deadline_timer, *audit_timer, *audit_turn;
	sd_event_source *sweeper; /* see sweep.h; NULL: never needed yet */
	size_t running;		  /* sentences that do, counted along: they may be a million */
	unsigned int unfinished;  /* lists that are stored, and not all in the kernel yet */
	unsigned long syncs;	  /* how often the maps were made equal to the store as a whole */
	unsigned long changes;	  /* how often the store was changed in what is to be blocked */
	bool leftovers;		  /* more than one slice is still unblocking */
	bool wall_set;		  /* and deadlines in the kernel do not follow it yet */
	struct inspection *inspection; /* the audit that is under way; NULL: none is */
	struct ledger_report report;
};

/* Sets the timer to the next deadline there is, or to now if there is more to do. */
int ledger_rearm(struct ledger *ledger, struct error *error);

#endif
