/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prefixes in prefixes, blocked by hand and by lists, with exceptions at any depth: whatever comes
 * and goes, the kernel holds what the store wants as a whole, and nobody who is allowed is dropped,
 * not even where the maps are full.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/mount.h>

#include "lib/ledgered.h"
#include "lib/properties.h"

/* Each lies in one or several before it. */
static const char *const nested[] = {
	"192.0.2.0/24", "192.0.2.0/25",	    "192.0.2.8/29",	 "192.0.2.9",
	"192.0.2.200",	"2001:db8::/48",    "2001:db8:0:7::/64", "2001:db8:0:7::/96",
	"2001:db8::25", "2001:db8:0:7::25",
};

#define FILLER 600 /* addresses that make a list a large one */

enum kind { BLOCK, UNBLOCK, ALLOW, DISALLOW, LIST, LARGE_LIST, OTHER_LIST, RESTART, KINDS };

static const char *const names[KINDS] = {
	[BLOCK] = "blocked",
	[UNBLOCK] = "unblocked",
	[ALLOW] = "allowed",
	[DISALLOW] = "no longer allowed",
	[LIST] = "a list, by its bits",
	[LARGE_LIST] = "a large list, by its bits",
	[OTHER_LIST] = "the other list, by its bits",
	[RESTART] = "the daemon is restarted",
};

static struct step roll_step(struct dice *dice)
{
	static const enum kind bag[] = {BLOCK,	    BLOCK,	UNBLOCK, UNBLOCK, ALLOW,
					ALLOW,	    DISALLOW,	LIST,	 LIST,	  LIST,
					LARGE_LIST, OTHER_LIST, RESTART};

	return (struct step){.kind = bag[roll_below(dice, ARRAY_SIZE(bag))],
			     .who = roll_below(dice, ARRAY_SIZE(nested)),
			     .number = roll_below(dice, 1 << ARRAY_SIZE(nested))};
}

struct nest {
	struct ledgered *f;
	struct play *play;
	bool full;			  /* the maps are too small */
	bool dropped[ARRAY_SIZE(nested)]; /* though allowed */
};

static void expect(struct nest *nest, int r, int other, int another)
{
	if (r < 0 && r != other && r != another && (r != -ENOSPC || !nest->full))
		play_fail(nest->play, "%d: %s", r, nest->f->error.text);
}

static int compare(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

static void list(struct nest *nest, const char *feed, int64_t bits, size_t filler)
{
	struct smtpfence_prefix prefixes[FILLER + ARRAY_SIZE(nested)];
	size_t count = 0;

	for (; count < filler; count++) {
		prefixes[count] = prefix_of("198.18.0.0");
		prefixes[count].address[14] = (unsigned char)(count >> 8);
		prefixes[count].address[15] = (unsigned char)count;
	}
	for (size_t i = 0; i < ARRAY_SIZE(nested); i++)
		if (bits & 1 << i)
			prefixes[count++] = prefix_of(nested[i]);
	qsort(prefixes, count, sizeof(*prefixes), compare);
	expect(nest, apply_list_of(nest->f, feed, prefixes, count), 0, 0);
}

/* The fence stays: its programs take long to load. */
static void open_store(struct ledgered *f)
{
	ledgered_open_store(f);
	assert_ok(f, ledger_open(f->event, f->config, f->store, f->fence, &f->ledger, &f->error));
}

static void close_store(struct ledgered *f)
{
	ledger_free(STEAL(f->ledger));
	store_free(STEAL(f->store));
}

static void take_step(struct nest *nest, const struct step *step)
{
	const char *who = nested[step->who];
	struct ledgered *f = nest->f;

	switch ((enum kind)step->kind) {
	case BLOCK:
		return expect(nest, block(f, who, 600), -EEXIST, 0);
	case UNBLOCK:
		return expect(nest, unblock(f, who, true), -ENOENT, -EPERM);
	case ALLOW:
		return expect(nest, allow(f, who), -EEXIST, 0);
	case DISALLOW:
		return expect(nest, disallow(f, who), -ENOENT, 0);
	case LIST:
		return list(nest, "edge", step->number, 0);
	case LARGE_LIST:
		return list(nest, "edge", step->number, nest->full ? 0 : FILLER);
	case OTHER_LIST:
		return list(nest, "drop", step->number, 0);
	case RESTART:
		close_store(f);
		return open_store(f);
	case KINDS:
		break;
	}
}

/* The narrowest entry decides. */
static bool is_dropped(const struct ledgered *f, const struct smtpfence_prefix *who)
{
	struct smtpfence_block block, decides = {.action = SMTPFENCE_ACTION_ALLOW};
	unsigned int narrowest = 0;

	for (size_t i = 0; i < ARRAY_SIZE(nested); i++) {
		const struct smtpfence_prefix around = prefix_of(nested[i]);

		if (!prefix_contains(&around, who) || around.length < narrowest ||
		    !kernel_entry(f, nested[i], &block))
			continue;
		narrowest = around.length;
		decides = block;
	}
	return decides.action == SMTPFENCE_ACTION_DROP;
}

/* An exception that finds no room where its block is in force already cannot be helped. */
static void check_allowed(struct nest *nest, enum kind kind)
{
	struct ledgered *f = nest->f;
	bool excused = (kind == ALLOW || kind == DISALLOW) && ledger_report(f->ledger).refused > 0;

	for (size_t i = 0; i < ARRAY_SIZE(nested); i++) {
		const struct smtpfence_prefix who = prefix_of(nested[i]);
		bool dropped = allowlist_covers(&f->ledger->allow, &who) && is_dropped(f, &who);

		if (dropped && !nest->dropped[i] && !excused)
			play_fail(nest->play, "%s is allowed, and dropped", nested[i]);
		nest->dropped[i] = dropped;
	}
}

/* So far that what happens next comes in its middle. */
static void begin_audit(struct nest *nest, int64_t steps)
{
	struct ledgered *f = nest->f;

	while (steps-- > 0 && inspect_step(f->ledger, &f->error) > 0)
		;
}

/* The audit that was begun comes to its end, and then one that nothing has disturbed. */
static void check_kernel(struct nest *nest)
{
	struct ledgered *f = nest->f;
	struct ledger_report before = ledger_report(f->ledger), after;

	for (unsigned int i = 0; i < 2; i++)
		if (audit(f) < 0)
			play_fail(nest->play, "audit: %s", f->error.text);
	after = ledger_report(f->ledger);
	if (after.drift_missing + after.drift_wrong + after.drift_extra > 0)
		play_fail(nest->play, "%zu missing, %zu wrong, %zu extra", after.drift_missing,
			  after.drift_wrong, after.drift_extra);
	if (after.refused != before.refused)
		play_fail(nest->play, "%zu refused, not %zu", before.refused, after.refused);
	if (after.blocked_ipv4 != before.blocked_ipv4 || after.blocked_ipv6 != before.blocked_ipv6)
		play_fail(nest->play, "%zu and %zu blocked, not %zu and %zu", before.blocked_ipv4,
			  before.blocked_ipv6, after.blocked_ipv4, after.blocked_ipv6);
}

static void play_in(struct play *play, bool full)
{
	static const char *const files[] = {"store.db", "store.db-wal", "store.db-shm"};
	struct nest nest = {.play = play, .f = play->userdata, .full = full};
	char path[LEDGERED_PATH_MAX];

	open_store(nest.f);
	for (size_t i = 0; i < play->count && !play->problem[0]; i++) {
		begin_audit(&nest, play->steps[i].number % 8);
		take_step(&nest, &play->steps[i]);
		check_allowed(&nest, (enum kind)play->steps[i].kind);
		check_kernel(&nest);
	}
	close_store(nest.f);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(ledgered_path(nest.f, files[i], path));
}

static void play_with_room(struct play *play)
{
	play_in(play, false);
}

static void play_without(struct play *play)
{
	play_in(play, true);
}

static void check(struct ledgered *f, const char *limits, void (*play)(struct play *play))
{
	const struct properties properties = {.sequences = 150,
					      .steps = 24,
					      .names = names,
					      .who = nested,
					      .roll = roll_step,
					      .play = play,
					      .userdata = f};

	ledgered_configure(f, "ipv6_unit: 128, guard: {max_removed_share: 100%}", limits);
	assert_ok(f, fence_open(f->config, &f->fence, &f->error));
	properties_check(&properties);
}

static void test_with_room(void **state)
{
	check(*state, "limits: {blocks: 1024, prefixes: 16, sources: 16}", play_with_room);
}

static void test_full_maps(void **state)
{
	check(*state, "limits: {blocks: 3, prefixes: 3, sources: 16}", play_without);
}

/* On a file system in memory: thousands of commits are no business of the disk's here. */
static int setup(void **state)
{
	struct ledgered *f;

	if (ledgered_setup(state) < 0)
		return -1;
	f = *state;
	return mount("tmpfs", f->folder, "tmpfs", 0, NULL);
}

static int teardown(void **state)
{
	struct ledgered *f = *state;

	umount2(f->folder, MNT_DETACH);
	return ledgered_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_with_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_maps, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
