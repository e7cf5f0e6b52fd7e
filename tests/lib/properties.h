/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must hold whatever happens: random sequences of steps, played from a seed. The one that
 * breaks a property is made shorter for as long as it still does, and printed.
 *
 *   SMTPFENCE_SEED=N       another seed
 *   SMTPFENCE_SEQUENCE=N   only that sequence
 *   SMTPFENCE_SEQUENCES=N  so many, instead of what the test takes for enough
 */
#ifndef SMTPFENCE_TESTS_PROPERTIES_H
#define SMTPFENCE_TESTS_PROPERTIES_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frames/dice.h"

#define PROPERTIES_SEED	       20261126
#define PROPERTIES_STEPS_MAX   64
#define PROPERTIES_PROBLEM_MAX 4096

/* One thing that happens; what the number means is its kind's. */
struct step {
	unsigned int kind;
	unsigned int who; /* to whom */
	int64_t number;
};

/* One run of a sequence. */
struct play {
	struct dice setting; /* what holds for the sequence as a whole: its policy */
	struct step steps[PROPERTIES_STEPS_MAX];
	size_t count;
	char problem[PROPERTIES_PROBLEM_MAX]; /* the first property that did not hold; "": all do */
	void *userdata;
};

struct properties {
	unsigned int sequences, steps; /* how many, and how long each is */
	const char *const *names;      /* of the kinds */
	const char *const *who;	       /* names of those to whom things happen; NULL: only one */
	struct step (*roll)(struct dice *dice);
	void (*play)(struct play *play);
	void *userdata;
};

__attribute__((format(printf, 2, 3))) static inline void play_fail(struct play *play,
								   const char *format, ...)
{
	va_list arguments;

	if (play->problem[0])
		return;
	va_start(arguments, format);
	vsnprintf(play->problem, sizeof(play->problem), format, arguments);
	va_end(arguments);
}

static inline uint64_t properties_number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static inline bool properties_broken(const struct properties *properties, struct play *play)
{
	play->problem[0] = '\0';
	properties->play(play);
	return play->problem[0] != '\0';
}

static inline bool properties_shorten(const struct properties *properties, struct play *play)
{
	for (size_t i = play->count; i-- > 0;) {
		struct play shorter = *play;

		shorter.count--;
		memmove(&shorter.steps[i], &shorter.steps[i + 1],
			(shorter.count - i) * sizeof(*shorter.steps));
		if (!properties_broken(properties, &shorter))
			continue;
		*play = shorter;
		return true;
	}
	return false;
}

static inline void properties_tell(const struct properties *properties, const struct play *play)
{
	for (size_t i = 0; i < play->count; i++) {
		const struct step *step = &play->steps[i];

		print_error("  %2zu. %s%s%s %" PRId64 "\n", i + 1,
			    properties->who ? properties->who[step->who] : "",
			    properties->who ? ": " : "", properties->names[step->kind],
			    step->number);
	}
}

static inline void properties_check(const struct properties *properties)
{
	uint64_t seed = properties_number("SMTPFENCE_SEED", PROPERTIES_SEED);
	uint64_t first = properties_number("SMTPFENCE_SEQUENCE", 0);
	uint64_t count = getenv("SMTPFENCE_SEQUENCE")
				 ? 1
				 : properties_number("SMTPFENCE_SEQUENCES", properties->sequences);

	printf("# note: seed %" PRIu64 ", %" PRIu64 " sequences of %u steps\n", seed, count,
	       properties->steps);
	for (uint64_t number = first; number < first + count; number++) {
		struct dice dice = take_dice(seed, number);
		struct play run = {.setting = take_dice(seed, ~number),
				   .count = properties->steps,
				   .userdata = properties->userdata};

		for (size_t i = 0; i < run.count; i++)
			run.steps[i] = properties->roll(&dice);
		if (!properties_broken(properties, &run))
			continue;
		while (properties_shorten(properties, &run))
			;
		print_error("again: SMTPFENCE_SEED=%" PRIu64 " SMTPFENCE_SEQUENCE=%" PRIu64 "\n",
			    seed, number);
		properties_tell(properties, &run);
		fail_msg("%s", run.problem);
	}
}

#endif
