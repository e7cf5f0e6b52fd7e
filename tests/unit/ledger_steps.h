/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can happen to a host and its sources. */
#ifndef SMTPFENCE_TESTS_LEDGER_STEPS_H
#define SMTPFENCE_TESTS_LEDGER_STEPS_H

#include "base/cleanup.h"
#include "lib/properties.h"

#define MSEC 1000L
#define HOUR 3600L
#define DAY  (24 * HOUR)

enum kind {
	TIME_PASSES,	/* ms */
	WALL_CLOCK_SET, /* by so many s */
	INCIDENT,	/* detected so many s ago */
	RETRY,		/* of the incident so many before, of that source or not */
	SCORE_ZERO,
	BLOCK, /* for so many s; 0: as the policy says */
	ASK,
	FORCE,
	FORGIVE,
	ALLOW,
	DISALLOW,
	RESTART,
	REBOOT,	     /* off for so many s */
	DEAD_REBOOT, /* the same, and the wall clock does not know for how long */
	KINDS
};

static const char *const names[KINDS] = {
	[TIME_PASSES] = "milliseconds pass:",
	[WALL_CLOCK_SET] = "the wall clock is set by",
	[INCIDENT] = "an incident, seconds ago:",
	[RETRY] = "delivered again, incidents before:",
	[SCORE_ZERO] = "a score of 0",
	[BLOCK] = "blocked by hand for",
	[ASK] = "asked for its end",
	[FORCE] = "forced",
	[FORGIVE] = "forgiven",
	[ALLOW] = "allowed",
	[DISALLOW] = "no longer allowed",
	[RESTART] = "the daemon is restarted",
	[REBOOT] = "the host is rebooted, off for",
	[DEAD_REBOOT] = "and its clock begins anew, off for",
};

static const enum kind bag[] = {
	TIME_PASSES, TIME_PASSES, TIME_PASSES, TIME_PASSES, TIME_PASSES, WALL_CLOCK_SET,
	INCIDENT,    INCIDENT,	  INCIDENT,    INCIDENT,    RETRY,	 RETRY,
	SCORE_ZERO,  BLOCK,	  ASK,	       ASK,	    FORCE,	 FORGIVE,
	ALLOW,	     DISALLOW,	  RESTART,     RESTART,	    REBOOT,	 DEAD_REBOOT,
};

/* Where a sentence is for a /64, its incidents name an address inside. */
static const struct {
	const char *source, *unit;
} sources[] = {
	{"192.0.2.1", "192.0.2.1"},
	{"198.51.100.7", "198.51.100.7"},
	{"2001:db8:0:7::25", "2001:db8:0:7::/64"},
};

static const int64_t lengths[] = {0, 1, 59, HOUR - 1, HOUR, 4 * HOUR, DAY, 40 * DAY};

static inline int64_t roll_length(struct dice *dice)
{
	return lengths[roll_below(dice, ARRAY_SIZE(lengths))];
}

static inline struct step roll_step(struct dice *dice)
{
	struct step step = {.kind = bag[roll_below(dice, ARRAY_SIZE(bag))],
			    .who = roll_below(dice, ARRAY_SIZE(sources))};

	switch ((enum kind)step.kind) {
	case TIME_PASSES:
		step.number = roll_length(dice) * MSEC + 499L * roll_below(dice, 3);
		break;
	case WALL_CLOCK_SET:
		step.number = roll_one_in(dice, 2) ? roll_length(dice) : -roll_length(dice);
		break;
	case BLOCK:
	case REBOOT:
	case DEAD_REBOOT:
		step.number = roll_length(dice);
		break;
	case INCIDENT:
		step.number = roll_one_in(dice, 4) ? roll_length(dice) : 0;
		break;
	case RETRY:
		step.number = roll_below(dice, 4);
		break;
	default:
		break;
	}
	return step;
}

#endif
