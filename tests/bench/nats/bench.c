/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scores over NATS: how soon a change is in force on a host, and a fleet of a thousand. Runs in
 * tests/lib/sandbox.
 *
 * usage: bench BUILD
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "bench/lifecycle/figures.h"
#include "bench/nats/fleet.h"
#include "bench/nats/latency.h"
#include "bench/nats/peers.h"

#define SLOW_RATE  100 /* changes a second */
#define SLOW_COUNT 2000
#define FAST_RATE  5000
#define FAST_COUNT 50000
#define LIMIT_MS   20 /* p99 at SLOW_RATE */

#define HOSTS	    1000
#define CHANGES	    1000 /* so that the fleet gets a million */
#define PATIENCE_NS (180 * NSEC_PER_SEC)
#define RUN_MSEC    20
#define BACKLOG	    64 /* changes the scorer sends before the fleet has a turn */

struct bench {
	struct peers peers;
	struct fleet *fleet;
	size_t sources; /* that have offended so far: each is one message */
};

static void progress(const char *what)
{
	fprintf(stderr, "bench-feeds: %s\n", what);
}

static bool measure_latency(struct bench *bench, const char *name, size_t count, unsigned int rate,
			    double limit)
{
	struct samples samples;
	bool done;

	progress(name);
	if (!samples_new(&samples))
		return false;
	done = latency_measure(&bench->peers, bench->sources, count, rate, &samples);
	bench->sources += count;
	if (done)
		figure_quantiles(name, &samples, limit);
	samples_clear(&samples);
	return done;
}

static bool await_following(struct bench *bench)
{
	uint64_t end = clock_boot_ns() + PATIENCE_NS;

	while (fleet_following(bench->fleet) < HOSTS && clock_boot_ns() < end)
		fleet_run(bench->fleet, RUN_MSEC);
	return fleet_following(bench->fleet) == HOSTS;
}

/* The fleet, and the agent among it, have all there is. */
static bool await_all(struct bench *bench)
{
	uint64_t end = clock_boot_ns() + PATIENCE_NS;

	while (fleet_arrived(bench->fleet, bench->sources) < HOSTS && clock_boot_ns() < end)
		fleet_run(bench->fleet, RUN_MSEC);
	return fleet_arrived(bench->fleet, bench->sources) == HOSTS;
}

static bool agent_has_all(const struct bench *bench)
{
	for (size_t i = 0; i < bench->sources; i++) {
		struct smtpfence_prefix source = peers_source(i);

		if (!peers_is_blocked(&bench->peers, &source))
			return false;
	}
	return true;
}

static bool await_agent(const struct bench *bench)
{
	uint64_t end = clock_boot_ns() + PATIENCE_NS;

	while (!agent_has_all(bench) && clock_boot_ns() < end)
		fleet_run(bench->fleet, RUN_MSEC);
	return agent_has_all(bench);
}

/* What the server has not confirmed is said again: that is the scorer's part of losing nothing. */
static bool offend(struct bench *bench, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!peers_offend_stored(&bench->peers, bench->sources))
			return false;
		bench->sources++;
		if (i % BACKLOG == 0)
			fleet_run(bench->fleet, 0);
	}
	return true;
}

static double seconds_since(uint64_t begun)
{
	return (double)(clock_boot_ns() - begun) / (double)NSEC_PER_SEC;
}

static bool deliver_a_million(struct bench *bench)
{
	uint64_t begun;

	progress("a fleet of 1,000");
	bench->fleet = fleet_new(HOSTS, PEERS_PORT, bench->sources);
	if (!bench->fleet || !await_following(bench))
		return false;
	begun = clock_boot_ns();
	if (!offend(bench, CHANGES) || !await_all(bench))
		return false;
	figure("1,000,000 deliveries, until the last", seconds_since(begun), "s", 0);
	figure("deliveries", (double)fleet_deliveries(bench->fleet), "", 0);
	figure_holds("nothing is lost", fleet_losses(bench->fleet) == 0 && await_agent(bench));
	return true;
}

static bool restart_in_between(struct bench *bench)
{
	uint64_t begun;

	progress("the server's restart in the middle of changes");
	if (!offend(bench, CHANGES / 2))
		return false;
	peers_stop_server(&bench->peers);
	if (!peers_start_server(&bench->peers) || !peers_connect(&bench->peers))
		return false;
	begun = clock_boot_ns();
	if (!offend(bench, CHANGES / 2) || !await_all(bench))
		return false;
	figure("after a restart, until everyone has all", seconds_since(begun), "s", 0);
	figure_holds("nothing is lost by a restart",
		     fleet_losses(bench->fleet) == 0 && await_agent(bench));
	fleet_free(STEAL(bench->fleet));
	return true;
}

int main(int argc, char **argv)
{
	struct bench bench = {0};
	bool done, good;

	if (argc != 2) {
		fprintf(stderr, "usage: bench BUILD\n");
		return 2;
	}
	done = peers_open(&bench.peers, argv[1]) &&
	       measure_latency(&bench, "publish to enforced, 100 a second", SLOW_COUNT, SLOW_RATE,
			       LIMIT_MS) &&
	       deliver_a_million(&bench) && restart_in_between(&bench) &&
	       measure_latency(&bench, "publish to enforced, 5,000 a second", FAST_COUNT, FAST_RATE,
			       0);
	fleet_free(bench.fleet);
	good = figures_print() && done;
	if (!done)
		fprintf(stderr, "bench-feeds: not done\n");
	peers_close(&bench.peers, !good);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
