/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to the host: its clocks, restarts of the daemon, reboots. */
#ifndef SMTPFENCE_TESTS_LEDGER_HOST_H
#define SMTPFENCE_TESTS_LEDGER_HOST_H

#include "lib/viewed.h"
#include "unit/ledger_world.h"

#define NSEC_MSEC 1000000L
#define DEAD	  946684800L /* where a clock without a battery begins */
#define UPTIME_NS (1000 * (int64_t)NSEC_PER_SEC)

static inline void set_wall_clock(struct world *world, int64_t by)
{
	faked_clock.wall += by * (int64_t)NSEC_PER_SEC;
	world->off += by;
	world->wild |= world->off > DAY / 2 || world->off < -DAY / 2;
}

/* Both clocks of the host and the scorer's; @up: the host is. */
static inline void pass(struct world *world, int64_t milliseconds, bool up)
{
	faked_clock.wall += milliseconds * NSEC_MSEC;
	world->clock += milliseconds / MSEC;
	if (!up)
		return;
	faked_clock.boot += milliseconds * NSEC_MSEC;
	world->age += milliseconds;
}

static inline void reopen(struct world *world)
{
	struct ledgered *f = world->f;

	assert_ok(f, store_open(f->config->state, &f->store, &f->error));
	assert_ok(f, ledger_open(f->event, f->config, f->store, f->fence, &f->ledger, &f->error));
}

static inline void close_all(struct world *world)
{
	ledger_free(STEAL(world->f->ledger));
	store_free(STEAL(world->f->store));
}

static inline void restart(struct world *world)
{
	_cleanup_free_ char *before = view_of(world->f), *after = NULL;

	close_all(world);
	reopen(world);
	after = view_of(world->f);
	if (strcmp(before, after) != 0)
		play_fail(world->play, "a restart has changed\n%sto\n%s", before, after);
}

static inline void empty_maps(const struct world *world)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		const struct smtpfence_prefix unit = prefix_of(sources[i].unit);

		assert_ok(world->f, fence_clear(world->f->fence, &unit, &world->f->error));
	}
}

static inline void begin_boot(struct world *world)
{
	char path[LEDGERED_PATH_MAX];

	faked_clock.boots++;
	faked_clock.boot = UPTIME_NS;
	assert_int_equal(faked_boot_id(ledgered_path(world->f, "boot_id", path)), 0);
}

/* As much is served meanwhile as the wall clock has gone on. */
static inline void reboot(struct world *world, int64_t off, bool dead)
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

#endif
