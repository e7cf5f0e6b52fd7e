/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can happen to a source. */
#ifndef SMTPFENCE_TESTS_POLICY_STEPS_H
#define SMTPFENCE_TESTS_POLICY_STEPS_H

#include "base/cleanup.h"
#include "lib/properties.h"

#define MSEC 1000ULL
#define HOUR 3600ULL
#define DAY  (24 * HOUR)
#define YEAR (365 * DAY)

enum kind {
	TIME_PASSES,	/* s */
	WALL_CLOCK_SET, /* by so many s */
	INCIDENT,	/* detected so many s ago */
	RETRY,		/* of the incident so many before */
	LOW_SCORE,
	SCORE_ZERO,
	ORDER, /* for so many s; 0: as the policy says */
	ASK,
	FORCE,
	FORGIVE,
	ALLOW,
	ENTRY_GONE,
	KINDS
};

static const char *const names[KINDS] = {
	[TIME_PASSES] = "milliseconds pass:",
	[WALL_CLOCK_SET] = "the wall clock is set by",
	[INCIDENT] = "an incident, seconds ago:",
	[RETRY] = "delivered again, incidents before:",
	[LOW_SCORE] = "a low score",
	[SCORE_ZERO] = "a score of 0",
	[ORDER] = "blocked by hand for",
	[ASK] = "asked for its end",
	[FORCE] = "forced",
	[FORGIVE] = "forgiven",
	[ALLOW] = "allowed",
	[ENTRY_GONE] = "its entry is gone",
};

/* More often what makes a career. */
static const enum kind bag[] = {
	TIME_PASSES, TIME_PASSES, TIME_PASSES, TIME_PASSES, WALL_CLOCK_SET, INCIDENT,	INCIDENT,
	INCIDENT,    INCIDENT,	  RETRY,       RETRY,	    LOW_SCORE,	    SCORE_ZERO, ORDER,
	ASK,	     ASK,	  FORCE,       FORGIVE,	    ALLOW,	    ENTRY_GONE, ENTRY_GONE,
};

static const uint64_t lengths[] = {0, 1, 59, HOUR, HOUR + 1, DAY, 30 * DAY, YEAR};

static inline int64_t roll_length(struct dice *dice)
{
	return (int64_t)lengths[roll_below(dice, ARRAY_SIZE(lengths))];
}

static inline struct step roll_step(struct dice *dice)
{
	struct step step = {.kind = bag[roll_below(dice, ARRAY_SIZE(bag))]};

	switch (step.kind) {
	case TIME_PASSES:
		step.number = roll_length(dice) * (int64_t)MSEC + 499L * roll_below(dice, 3);
		break;
	case ORDER:
		step.number = roll_length(dice);
		break;
	case WALL_CLOCK_SET:
		step.number = roll_one_in(dice, 2) ? roll_length(dice) : -roll_length(dice);
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
