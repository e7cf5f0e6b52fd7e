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

#include "unit/ledger_host.h"

#define BEGUN 1795294711L
#define SCORE 300

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

static void check_count(const struct world *world)
{
	const struct ledger *ledger = world->f->ledger;
	size_t running;

	assert_ok(world->f, store_count_sentences(world->f->store, SENTENCE_BLOCKED, &running,
						  &world->f->error));
	if (ledger->running != running)
		play_fail(world->play, "%zu sentences run, and %zu are counted", running,
			  ledger->running);
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
	check_count(world);
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
