/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the model knows of the sources, and what must hold after every step. */
#ifndef SMTPFENCE_TESTS_LEDGER_WORLD_H
#define SMTPFENCE_TESTS_LEDGER_WORLD_H

#include "lib/faked_clock.h"
#include "lib/ledgered.h"
#include "lib/reckoned.h"
#include "unit/ledger_steps.h"

/* What the model knows of a source. */
struct known {
	int64_t begun;	   /* age when the sentence began, ms */
	uint64_t length;   /* what it has to be, s */
	uint32_t offences; /* how many there have to be */
	bool allowed;
};

struct delivered {
	struct incident incident;
	unsigned int who;
	bool used; /* held against the source */
};

struct world {
	struct ledgered *f;
	struct play *play;
	struct known known[ARRAY_SIZE(sources)];
	struct delivered delivered[PROPERTIES_STEPS_MAX];
	size_t delivered_count;
	uint64_t serial;
	int64_t age;	  /* ms that the host was up, since the beginning */
	int64_t clock;	  /* the scorer's, s: only ever goes on */
	int64_t off;	  /* s that the wall clock is ahead */
	bool wild;	  /* it was more than half a day off */
	bool told;	  /* what happens is somebody's word: a sentence may end */
	unsigned int who; /* to whom it happens */
};

/* Never heard of: all zero. */
static inline struct sentence look(const struct world *world, unsigned int who)
{
	const struct smtpfence_prefix unit = prefix_of(sources[who].unit);
	struct sentence sentence = {.state = SENTENCE_UNBLOCKED};

	store_get_sentence(world->f->store, &unit, &sentence, NULL);
	return sentence;
}

static inline int64_t served_ms(const struct known *known, const struct world *world)
{
	return world->age - known->begun;
}

static inline bool is_over(const struct known *known, const struct world *world)
{
	return served_ms(known, world) >= (int64_t)known->length * MSEC;
}

/* Lets the timers do what is due. */
static inline void turn(const struct world *world)
{
	while (sd_event_run(world->f->event, 0) > 0)
		;
}

static inline void expect_begin(struct world *world, struct known *known,
				const struct sentence *was, uint64_t ordered)
{
	const struct config_policy *policy = &world->f->config->policy;

	if (was->state == SENTENCE_UNBLOCKED)
		known->offences =
			1 + reckoned_offences(policy, known->offences, was->date, clock_wall());
	known->begun = world->age;
	known->length =
		ordered ? ordered
			: reckoned_length(policy, known->offences ? known->offences - 1 : 0);
}

/* What the kernel has to hold says the sentence, and nothing else. */
static inline void check_kernel(struct world *world, unsigned int who,
				const struct sentence *sentence)
{
	struct smtpfence_block block = {0};
	bool drops = kernel_entry(world->f, sources[who].unit, &block);

	if (drops != (sentence->state == SENTENCE_BLOCKED))
		play_fail(world->play, "%s: %s, its entry is %s", sources[who].unit,
			  sentence_state_name(sentence->state), drops ? "there" : "missing");
	else if (drops && block.deadline != sentence->deadline)
		play_fail(world->play, "%s: the kernel has another deadline", sources[who].unit);
}

/* Its last state that the audit trail knows of; lines of the allowlist name none. */
static inline int keep_state(const struct audit *audit, void *userdata)
{
	if (audit->state[0])
		snprintf(userdata, sizeof(audit->state), "%s", audit->state);
	return 0;
}

/* No transition without a line. */
static inline void check_trail(struct world *world, unsigned int who,
			       const struct sentence *sentence)
{
	const struct smtpfence_prefix unit = prefix_of(sources[who].unit);
	const char *expected = sentence_state_name(sentence->state);
	char last[24] = "unblocked";

	assert_ok(world->f, store_each_audit_of(world->f->store, &unit, 0, keep_state, last,
						&world->f->error));
	if (strcmp(last, expected) != 0)
		play_fail(world->play, "%s: %s, but %s in the audit trail", sources[who].unit,
			  expected, last);
}

static inline void check_sentence(struct world *world, unsigned int who)
{
	const struct sentence sentence = look(world, who);
	const struct known *known = &world->known[who];
	const char *unit = sources[who].unit;

	check_kernel(world, who, &sentence);
	check_trail(world, who, &sentence);
	if (sentence.time > world->f->config->policy.max)
		play_fail(world->play, "%s: %" PRIu64 " s are longer than max", unit,
			  sentence.time);
	if (sentence.offences != known->offences)
		play_fail(world->play, "%s: %u offences, not %u", unit, sentence.offences,
			  known->offences);
	if (sentence.state == SENTENCE_UNBLOCKING)
		play_fail(world->play, "%s: still unblocking", unit);
	if (sentence.state != SENTENCE_BLOCKED)
		return;
	if (sentence.time != known->length)
		play_fail(world->play, "%s: %" PRIu64 " s, not %" PRIu64, unit, sentence.time,
			  known->length);
	if (sentence.deadline && is_over(known, world))
		play_fail(world->play, "%s: still blocked after %" PRId64 " of %" PRIu64 " s", unit,
			  served_ms(known, world) / MSEC, known->length);
	if (known->allowed)
		play_fail(world->play, "%s: blocked, and on the allowlist", unit);
}

/* Who ends before its time, and without a word. */
static inline void check_end(struct world *world, unsigned int who, const struct sentence *was)
{
	const struct known *known = &world->known[who];

	if (was->state != SENTENCE_BLOCKED || look(world, who).state == SENTENCE_BLOCKED)
		return;
	if (world->told && world->who == who)
		return;
	if (!was->deadline || !is_over(known, world))
		play_fail(world->play, "%s: ended after %" PRId64 " of %" PRIu64 " s",
			  sources[who].unit, served_ms(known, world) / MSEC, known->length);
}

#endif
