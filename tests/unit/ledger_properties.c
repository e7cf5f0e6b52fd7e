/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds whatever happens to a host, over a real store and real maps: no sentence is longer
 * than max, none ends early without somebody's word, no incident counts twice, and a restart
 * changes nothing. Time is the test's (lib/faked_clock.h); a reboot empties the maps and begins
 * the boot's clock anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lib/faked_clock.h"
#include "lib/ledgered.h"
#include "lib/reckoned.h"
#include "lib/viewed.h"
#include "unit/ledger_steps.h"

#define NSEC_MSEC 1000000L
#define BEGUN	  1795294711L
#define DEAD	  946684800L /* where a clock without a battery begins */
#define UPTIME_NS (1000 * (int64_t)NSEC_PER_SEC)
#define SCORE	  300

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
static struct sentence look(const struct world *world, unsigned int who)
{
	const struct smtpfence_prefix unit = prefix_of(sources[who].unit);
	struct sentence sentence = {.state = SENTENCE_UNBLOCKED};

	store_get_sentence(world->f->store, &unit, &sentence, NULL);
	return sentence;
}

static int64_t served_ms(const struct known *known, const struct world *world)
{
	return world->age - known->begun;
}

static bool is_over(const struct known *known, const struct world *world)
{
	return served_ms(known, world) >= (int64_t)known->length * MSEC;
}

/* Lets the timers do what is due. */
static void turn(const struct world *world)
{
	while (sd_event_run(world->f->event, 0) > 0)
		;
}

static void expect_begin(struct world *world, struct known *known, const struct sentence *was,
			 uint64_t ordered)
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
static void check_kernel(struct world *world, unsigned int who, const struct sentence *sentence)
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
static int keep_state(const struct audit *audit, void *userdata)
{
	if (audit->state[0])
		snprintf(userdata, sizeof(audit->state), "%s", audit->state);
	return 0;
}

/* No transition without a line. */
static void check_trail(struct world *world, unsigned int who, const struct sentence *sentence)
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

static void check_sentence(struct world *world, unsigned int who)
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
static void check_end(struct world *world, unsigned int who, const struct sentence *was)
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

static void deliver(struct world *world, struct delivered *delivered)
{
	unsigned int who = delivered->who;
	const struct sentence was = look(world, who);
	struct sentence is;
	bool begins, promised = !world->wild || was.last_detected == delivered->incident.detected;

	assert_ok(world->f, apply_incidents(world->f, ++world->serial, &delivered->incident, 1));
	is = look(world, who);
	begins = was.state == SENTENCE_UNBLOCKED && is.state == SENTENCE_BLOCKED;
	if (begins && delivered->used && promised)
		play_fail(world->play, "an incident that was counted already is an offence");
	if (begins && !world->wild && delivered->incident.detected <= was.last_end)
		play_fail(world->play, "an incident that was paid for is an offence");
	if (was.state == SENTENCE_BLOCKED &&
	    (was.date != is.date || was.time != is.time || was.deadline != is.deadline))
		play_fail(world->play, "evidence has changed the sentence");
	if (begins)
		expect_begin(world, &world->known[who], &was, 0);
	delivered->used |= is.state == SENTENCE_BLOCKED;
}

static void happen(struct world *world, unsigned int who, int64_t ago)
{
	struct delivered *delivered = &world->delivered[world->delivered_count++];

	world->clock++;
	*delivered = (struct delivered){.who = who,
					.incident = {.prefix = prefix_of(sources[who].source),
						     .score = SCORE,
						     .detected = world->clock - ago}};
	deliver(world, delivered);
}

static void happen_again(struct world *world, size_t before)
{
	if (before < world->delivered_count)
		deliver(world, &world->delivered[world->delivered_count - 1 - before]);
}

static void clear(struct world *world, unsigned int who)
{
	world->told = true;
	assert_ok(world->f, score(world->f, ++world->serial, sources[who].source, 0));
}

static void order(struct world *world, unsigned int who, uint64_t time)
{
	struct known *known = &world->known[who];
	const struct sentence was = look(world, who);
	uint64_t max = world->f->config->policy.max;
	int expected = known->allowed ? -EEXIST : time > max ? -ERANGE : 0;
	int r = block(world->f, sources[who].source, time);

	if (r != expected)
		play_fail(world->play, "block: %d, not %d", r, expected);
	if (r == 0)
		expect_begin(world, known, &was, time);
}

/* Refused exactly as long as it runs. */
static void ask(struct world *world, unsigned int who)
{
	const struct known *known = &world->known[who];
	bool runs = look(world, who).state == SENTENCE_BLOCKED, over = is_over(known, world);
	int expected = !runs ? -ENOENT : over ? 0 : -EBUSY;
	int r;

	world->told = over;
	r = unblock(world->f, sources[who].source, false);
	if (r != expected)
		play_fail(world->play, "unblock after %" PRId64 " of %" PRIu64 " s: %d, not %d",
			  served_ms(known, world) / MSEC, known->length, r, expected);
}

static void force(struct world *world, unsigned int who, bool forgive)
{
	const struct ledger_unblock_request request = {
		.prefix = prefix_of(sources[who].source), .force = true, .forgive = forgive};
	struct known *known = &world->known[who];
	int r;

	world->told = true;
	r = ledger_unblock(world->f->ledger, &request, &ledgered_root, NULL, &world->f->error);
	if (r == 0 && forgive)
		known->offences -= known->offences > 0;
	if (look(world, who).state != SENTENCE_UNBLOCKED)
		play_fail(world->play, "forced, and still blocked");
}

static void let(struct world *world, unsigned int who, bool allowed)
{
	struct known *known = &world->known[who];
	int expected = known->allowed != allowed ? 0 : allowed ? -EEXIST : -ENOENT;
	int r;

	world->told = allowed;
	r = allowed ? allow(world->f, sources[who].unit) : disallow(world->f, sources[who].unit);
	if (r != expected)
		play_fail(world->play, "allow or disallow: %d, not %d", r, expected);
	known->allowed = allowed;
}

static void set_wall_clock(struct world *world, int64_t by)
{
	faked_clock.wall += by * (int64_t)NSEC_PER_SEC;
	world->off += by;
	world->wild |= world->off > DAY / 2 || world->off < -DAY / 2;
}

/* Both clocks of the host and the scorer's; @up: the host is. */
static void pass(struct world *world, int64_t milliseconds, bool up)
{
	faked_clock.wall += milliseconds * NSEC_MSEC;
	world->clock += milliseconds / MSEC;
	if (!up)
		return;
	faked_clock.boot += milliseconds * NSEC_MSEC;
	world->age += milliseconds;
}

static void reopen(struct world *world)
{
	struct ledgered *f = world->f;

	assert_ok(f, store_open(f->config->state, &f->store, &f->error));
	assert_ok(f, ledger_open(f->event, f->config, f->store, f->fence, &f->ledger, &f->error));
}

static void close_all(struct world *world)
{
	ledger_free(STEAL(world->f->ledger));
	store_free(STEAL(world->f->store));
}

static void restart(struct world *world)
{
	_cleanup_free_ char *before = view_of(world->f), *after = NULL;

	close_all(world);
	reopen(world);
	after = view_of(world->f);
	if (strcmp(before, after) != 0)
		play_fail(world->play, "a restart has changed\n%sto\n%s", before, after);
}

static void empty_maps(const struct world *world)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		const struct smtpfence_prefix unit = prefix_of(sources[i].unit);

		assert_ok(world->f, fence_clear(world->f->fence, &unit, &world->f->error));
	}
}

static void begin_boot(struct world *world)
{
	char path[LEDGERED_PATH_MAX];

	faked_clock.boots++;
	faked_clock.boot = UPTIME_NS;
	assert_int_equal(faked_boot_id(ledgered_path(world->f, "boot_id", path)), 0);
}

/* As much is served meanwhile as the wall clock has gone on. */
static void reboot(struct world *world, int64_t off, bool dead)
{
	int64_t wall = faked_clock.wall, gone_on;

	close_all(world);
	empty_maps(world);
	pass(world, off * MSEC, false);
	if (dead)
		set_wall_clock(world, DEAD - clock_wall());
	gone_on = faked_clock.wall > wall ? (faked_clock.wall - wall) / NSEC_MSEC : 0;
	begin_boot(world);
	reopen(world);
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		world->known[i].begun -= gone_on;
}

static void take_step(struct world *world, const struct step *step)
{
	switch ((enum kind)step->kind) {
	case TIME_PASSES:
		return pass(world, step->number, true);
	case WALL_CLOCK_SET:
		return set_wall_clock(world, step->number);
	case INCIDENT:
		return happen(world, step->who, step->number);
	case RETRY:
		return happen_again(world, (size_t)step->number);
	case SCORE_ZERO:
		return clear(world, step->who);
	case BLOCK:
		return order(world, step->who, (uint64_t)step->number);
	case ASK:
		return ask(world, step->who);
	case FORCE:
	case FORGIVE:
		return force(world, step->who, step->kind == FORGIVE);
	case ALLOW:
	case DISALLOW:
		return let(world, step->who, step->kind == ALLOW);
	case RESTART:
		return restart(world);
	case REBOOT:
	case DEAD_REBOOT:
		return reboot(world, step->number, step->kind == DEAD_REBOOT);
	case KINDS:
		break;
	}
}

static void take_checked_step(struct world *world, const struct step *step)
{
	struct sentence was[ARRAY_SIZE(sources)];

	for (unsigned int i = 0; i < ARRAY_SIZE(sources); i++)
		was[i] = look(world, i);
	world->told = false;
	world->who = step->who;
	take_step(world, step);
	turn(world);
	for (unsigned int i = 0; i < ARRAY_SIZE(sources); i++) {
		check_sentence(world, i);
		check_end(world, i, &was[i]);
	}
}

static void configure(struct ledgered *f, struct dice dice)
{
	static const char *const policies[] = {
		"duration: 1h, multipliers: [1, 4, 24], max: 30d, forget_after: 90d",
		"duration: 1h, multipliers: [1, 1000000], max: 1d, forget_after: 1d",
		"duration: 59s, multipliers: [3, 1], max: 1h, forget_after: 1h",
		"duration: 1h, multipliers: [2, 24], max: 5h, release: on-request",
	};
	char rest[256];

	snprintf(rest, sizeof(rest), LEDGERED_LIMITS "\nstate: %s/store.db", f->folder);
	ledgered_configure(f, policies[roll_below(&dice, ARRAY_SIZE(policies))], rest);
}

static void remove_store(struct ledgered *f)
{
	static const char *const files[] = {"store.db", "store.db-wal", "store.db-shm"};
	char path[LEDGERED_PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(ledgered_path(f, files[i], path));
}

/* The scorer's clock is up to eleven hours off. */
static void play(struct play *play)
{
	struct dice dice = play->setting;
	struct world world = {.play = play, .f = play->userdata};

	world.clock = BEGUN - 11 * HOUR + roll_below(&dice, 22 * HOUR);
	faked_clock.boot = UPTIME_NS;
	faked_clock.wall = BEGUN * (int64_t)NSEC_PER_SEC;
	configure(world.f, dice);
	reopen(&world);
	for (size_t i = 0; i < play->count && !play->problem[0]; i++)
		take_checked_step(&world, &play->steps[i]);
	close_all(&world);
	remove_store(world.f);
}

static const char *const units[] = {"192.0.2.1", "198.51.100.7", "2001:db8:0:7::/64"};

static void test_whatever_happens(void **state)
{
	const struct properties properties = {.sequences = 150,
					      .steps = 48,
					      .names = names,
					      .who = units,
					      .roll = roll_step,
					      .play = play,
					      .userdata = *state};

	properties_check(&properties);
}

/* On a file system in memory: thousands of commits are no business of the disk's here. */
static int setup(void **state)
{
	char path[LEDGERED_PATH_MAX];
	struct ledgered *f;

	faked_clock = (struct faked_clock){.boot = UPTIME_NS, .wall = BEGUN * NSEC_PER_SEC};
	if (ledgered_setup(state) < 0)
		return -1;
	f = *state;
	if (mount("tmpfs", f->folder, "tmpfs", 0, NULL) < 0 ||
	    faked_boot_begin(ledgered_path(f, "boot_id", path)) != 0)
		return -1;
	ledgered_configure(f, "", LEDGERED_LIMITS);
	return fence_open(f->config, &f->fence, &f->error);
}

static int teardown(void **state)
{
	struct ledgered *f = *state;

	umount2("/proc/sys/kernel/random/boot_id", MNT_DETACH);
	umount2(f->folder, MNT_DETACH);
	return ledgered_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whatever_happens, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
