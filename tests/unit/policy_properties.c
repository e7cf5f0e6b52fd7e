/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds for one source whatever happens to it, under policies that reach for the extremes:
 * a sentence is never longer than max, never ends early without somebody's word, and no incident
 * counts twice. Held against a model of its own that reckons in 128 bits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/reckoned.h"
#include "policy/policy.h"
#include "unit/policy_steps.h"

#define SCORE	      300
#define BEGUN	      1795294711
#define NSEC_PER_MSEC 1000000ULL
/* ms: as long as the boot's clock can count */
#define FOREVER (INT64_MAX / NSEC_PER_SEC * MSEC)

#define INCIDENTS_MAX PROPERTIES_STEPS_MAX

/* The source, the clocks, and what the model knows of them. */
struct world {
	struct play *play;
	struct config_policy policy;
	uint32_t multipliers[3];
	struct sentence sentence;
	struct moment now;
	int64_t clock;	   /* the scorer's: only ever goes on */
	bool wild;	   /* the wall clock is more than a day off, or was */
	int64_t off;	   /* how far */
	uint64_t age;	   /* ms since the beginning, as the boot's clock counts */
	uint64_t begun;	   /* age when the sentence began */
	uint64_t length;   /* what it has to be, s */
	uint32_t offences; /* how many there have to be */
	struct incident incidents[INCIDENTS_MAX];
	bool used[INCIDENTS_MAX]; /* held against the source */
	size_t incident_count;
};

static uint64_t pick(struct dice *dice, const uint64_t *values, size_t count)
{
	return values[roll_below(dice, (unsigned int)count)];
}

static void roll_policy(struct dice *dice, struct world *world)
{
	static const uint64_t durations[] = {1, HOUR, HOUR, DAY, UINT64_MAX / 2, UINT64_MAX};
	static const uint64_t multipliers[] = {1, 2, 4, 168, UINT32_MAX - 1, UINT32_MAX};
	static const uint64_t maxima[] = {1, DAY, 30 * DAY, 30 * DAY, UINT64_MAX};
	static const uint64_t forgettings[] = {0, 1, DAY, 90 * DAY, UINT64_MAX};

	for (size_t i = 0; i < ARRAY_SIZE(world->multipliers); i++)
		world->multipliers[i] = (uint32_t)pick(dice, multipliers, ARRAY_SIZE(multipliers));
	world->policy = (struct config_policy){
		.block_score = SCORE,
		.duration = pick(dice, durations, ARRAY_SIZE(durations)),
		.multipliers = world->multipliers,
		.multiplier_count = 1 + roll_below(dice, ARRAY_SIZE(world->multipliers)),
		.max = pick(dice, maxima, ARRAY_SIZE(maxima)),
		.forget_after = pick(dice, forgettings, ARRAY_SIZE(forgettings)),
		.release =
			roll_one_in(dice, 4) ? CONFIG_RELEASE_ON_REQUEST : CONFIG_RELEASE_AUTOMATIC,
	};
}

/* A sentence began, or began anew: what it has to be. */
static void expect_begin(struct world *world, const struct sentence *was, bool anew,
			 uint64_t ordered)
{
	uint32_t before = anew ? world->offences
			       : 1 + reckoned_offences(&world->policy, world->offences, was->date,
						       world->now.wall);

	world->offences = before;
	world->begun = world->age;
	world->length = ordered ? reckoned_smaller(ordered, world->policy.max)
				: reckoned_length(&world->policy, before > 0 ? before - 1 : 0);
}

static uint64_t served(const struct world *world)
{
	return world->age - world->begun;
}

static uint64_t whole(const struct world *world)
{
	return reckoned_smaller((unsigned __int128)world->length * MSEC, FOREVER - world->begun);
}

static bool is_over(const struct world *world)
{
	return served(world) >= whole(world);
}

static void check_lengths(struct world *world)
{
	const struct sentence *sentence = &world->sentence;

	if (sentence->time > world->policy.max)
		play_fail(world->play, "a sentence of %" PRIu64 " s is longer than max",
			  sentence->time);
	if (sentence->offences != world->offences)
		play_fail(world->play, "%u offences, not %u", sentence->offences, world->offences);
	if (sentence->state != SENTENCE_BLOCKED)
		return;
	if (sentence->time != world->length)
		play_fail(world->play, "a sentence of %" PRIu64 " s, not %" PRIu64, sentence->time,
			  world->length);
	if (sentence->deadline && is_over(world))
		play_fail(world->play, "still blocked when its %" PRIu64 " ms are over",
			  whole(world));
}

/* One offence a sentence: not for one that is replaced. */
static void expect(struct world *world, const struct sentence *was,
		   const struct policy_case *happens)
{
	bool running = was->state == SENTENCE_BLOCKED;
	bool runs = world->sentence.state == SENTENCE_BLOCKED;

	if (runs && (!running || happens->event == POLICY_ORDER))
		expect_begin(world, was, running, happens->time);
	if (happens->event == POLICY_FORGIVE && was->state != SENTENCE_UNBLOCKED)
		world->offences -= world->offences > 0;
	if (running && !runs && !is_over(world) &&
	    (happens->event == POLICY_DUE || happens->event == POLICY_RELEASE))
		play_fail(world->play, "ended after %" PRIu64 " of %" PRIu64 " ms", served(world),
			  whole(world));
}

static unsigned int take(struct world *world, const struct policy_case *happens)
{
	const struct sentence was = world->sentence;
	unsigned int effects = policy_step(&world->policy, &world->sentence, happens, &world->now);

	expect(world, &was, happens);
	return effects;
}

static bool same_sentence(const struct sentence *a, const struct sentence *b)
{
	return a->date == b->date && a->time == b->time && a->served == b->served &&
	       a->deadline == b->deadline && a->offences == b->offences && a->state == b->state;
}

/*
 * One that the scorer sends again counts no second time. Where clocks are more than a day apart
 * that is promised of the newest one only, which is all that is remembered.
 */
static void deliver(struct world *world, size_t number)
{
	const struct incident *incident = &world->incidents[number];
	const struct sentence was = world->sentence;
	const struct policy_case happens =
		policy_weigh(&world->policy, &world->sentence, incident, &world->now);
	bool promised = !world->wild || was.last_detected == incident->detected;
	unsigned int effects = take(world, &happens);

	if (effects & POLICY_BEGINS && world->used[number] && promised)
		play_fail(world->play, "an incident that was counted already is an offence");
	if (effects & POLICY_BEGINS && !world->wild && incident->detected <= was.last_end)
		play_fail(world->play, "an incident that was paid for is an offence");
	if (was.state == SENTENCE_BLOCKED && !same_sentence(&was, &world->sentence))
		play_fail(world->play, "evidence has changed the sentence");
	world->used[number] |= (effects & POLICY_EVIDENCE) != 0;
}

static void happen_again(struct world *world, size_t before)
{
	if (before < world->incident_count)
		deliver(world, world->incident_count - 1 - before);
}

/* The scorer's clock goes on: two of one second would be one. */
static void happen(struct world *world, int64_t ago)
{
	world->clock++;
	world->incidents[world->incident_count++] =
		(struct incident){.score = SCORE, .detected = world->clock - ago};
	deliver(world, world->incident_count - 1);
}

static void weigh(struct world *world, uint32_t score)
{
	const struct incident incident = {.score = score, .detected = world->clock};
	const struct policy_case happens =
		policy_weigh(&world->policy, &world->sentence, &incident, &world->now);

	if (take(world, &happens) & POLICY_BEGINS)
		play_fail(world->play, "a score of %u is an offence", score);
}

/* Refused as long as it is not served, and not longer. */
static void ask(struct world *world)
{
	bool running = world->sentence.state == SENTENCE_BLOCKED, over = is_over(world);
	const struct policy_case asked = policy_hear(&world->sentence, false, false, &world->now);
	unsigned int effects = take(world, &asked);

	if (running && over != ((effects & POLICY_ENDS) != 0))
		play_fail(world->play, "asked after %" PRIu64 " of %" PRIu64 " ms: %s",
			  served(world), whole(world), over ? "refused" : "ended");
}

static void say(struct world *world, enum policy_event event)
{
	take(world, &(struct policy_case){.event = event});
}

static void order(struct world *world, uint64_t time)
{
	take(world, &(struct policy_case){.event = POLICY_ORDER, .time = time});
}

static void set_wall_clock(struct world *world, int64_t by)
{
	world->now.wall += by;
	world->off += by;
	world->wild |= world->off > (int64_t)DAY / 2 || world->off < -(int64_t)DAY / 2;
}

static int64_t whole_seconds(uint64_t age)
{
	return (int64_t)(age / MSEC);
}

/* As the ledger's timer does it. */
static void pass(struct world *world, uint64_t milliseconds)
{
	int64_t seconds = whole_seconds(world->age + milliseconds) - whole_seconds(world->age);

	world->age += milliseconds;
	world->now.boot += milliseconds * NSEC_PER_MSEC;
	world->now.wall += seconds;
	world->clock += seconds;
	if (world->sentence.state == SENTENCE_BLOCKED && world->sentence.deadline &&
	    world->sentence.deadline <= world->now.boot)
		say(world, POLICY_DUE);
}

static void take_step(struct world *world, const struct step *step)
{
	switch ((enum kind)step->kind) {
	case TIME_PASSES:
		return pass(world, (uint64_t)step->number);
	case WALL_CLOCK_SET:
		return set_wall_clock(world, step->number);
	case INCIDENT:
		return happen(world, step->number);
	case RETRY:
		return happen_again(world, (size_t)step->number);
	case LOW_SCORE:
		return weigh(world, SCORE - 1);
	case SCORE_ZERO:
		return weigh(world, 0);
	case ORDER:
		return order(world, (uint64_t)step->number);
	case ASK:
		return ask(world);
	case FORCE:
		return say(world, POLICY_FORCE);
	case FORGIVE:
		return say(world, POLICY_FORGIVE);
	case ALLOW:
		return say(world, POLICY_ALLOW);
	case ENTRY_GONE:
		return say(world, POLICY_GONE);
	case KINDS:
		break;
	}
}

/* The scorer's clock is up to eleven hours off. */
static void play(struct play *play)
{
	struct dice dice = play->setting;
	struct world world = {.play = play, .now = {.wall = BEGUN}};

	roll_policy(&dice, &world);
	world.clock = BEGUN - 11 * (int64_t)HOUR + roll_below(&dice, 22 * HOUR);
	for (size_t i = 0; i < play->count && !play->problem[0]; i++) {
		take_step(&world, &play->steps[i]);
		check_lengths(&world);
	}
}

static void test_whatever_happens(void **state)
{
	static const struct properties properties = {
		.sequences = 50000, .steps = 48, .names = names, .roll = roll_step, .play = play};

	(void)state;
	properties_check(&properties);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whatever_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
