/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host with 100,000 blocks owes those who wait for it: a decision within 10 ms, and a
 * hundred thousand ends in one second that neither keep a guest waiting nor somebody who asks.
 * The real daemon, its store on a real disk, its entries in the kernel. Runs in tests/lib/sandbox.
 *
 * usage: bench BUILD
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/lifecycle/ending.h"
#include "bench/lifecycle/figures.h"
#include "bench/lifecycle/requests.h"
#include "bench/lifecycle/store.h"
#include "bench/lifecycle/world.h"

#define SENTENCES  100000
#define DURATION_S 75 /* of each of them: all that is asked while they run has to fit */
#define CALLS	   2000
#define PROCESSES  100
#define READS	   20
#define POLL_USEC  50000

#define LIMIT_BLOCK_MS	  10
#define LIMIT_PASSED_S	  1
#define LIMIT_UNBLOCKED_S 10
#define LIMIT_ANSWER_MS	  100

static void progress(const char *what)
{
	fprintf(stderr, "bench-lifecycle: %s\n", what);
}

static bool await_sentences(sqlite3 *db, uint64_t begun)
{
	int64_t running;

	do {
		usleep(POLL_USEC);
		running = store_running(db);
	} while (running >= 0 && running < SENTENCES &&
		 clock_boot_ns() - begun < DURATION_S * NSEC_PER_SEC);
	if (running != SENTENCES)
		fprintf(stderr, "%lld sentences run, not %d\n", (long long)running, SENTENCES);
	return running == SENTENCES;
}

static bool sentence_all(const struct world *world, sqlite3 *db)
{
	uint64_t begun;

	progress("100,000 sources offend");
	if (!world_offend(world, SENTENCES))
		return false;
	begun = clock_boot_ns();
	if (!await_sentences(db, begun))
		return false;
	figure("100,000 sentences from a feed, on disk",
	       (double)(clock_boot_ns() - begun) / (double)NSEC_PER_SEC, "s", 0);
	return true;
}

/* A feed comes into force in steps, the clock of each a little later: the worst case is none. */
static bool align_ends(struct world *world)
{
	char path[WORLD_PATH_MAX];

	progress("one deadline for all");
	world_stop(world);
	return store_align_deadlines(world_path(world, STORE_NAME, path)) && world_start(world);
}

/* Takes the calls' own numbers of sources from @first on. */
static bool measure_decisions(const struct world *world, size_t first)
{
	struct samples floor, calls, blocks, unblocks;
	bool done;

	progress("block, by API and by process");
	if (!samples_new(&floor) || !samples_new(&calls) || !samples_new(&blocks) ||
	    !samples_new(&unblocks))
		return false;
	done = requests_floor(world, CALLS / 2, &floor) &&
	       requests_block(world, first, CALLS, &calls) &&
	       requests_floor(world, CALLS / 2, &floor) &&
	       requests_cli(world, "block", first + CALLS, PROCESSES, &blocks) &&
	       requests_cli(world, "unblock", first + CALLS, PROCESSES, &unblocks);
	figure_quantiles("an fsync on that disk", &floor, 0);
	figure_quantiles("block by API, 100,000 present", &calls, LIMIT_BLOCK_MS);
	figure_quantiles("smtpfence block, a process each", &blocks, 0);
	figure_quantiles("smtpfence unblock --force, a process each", &unblocks, 0);
	samples_clear(&floor);
	samples_clear(&calls);
	samples_clear(&blocks);
	samples_clear(&unblocks);
	return done;
}

static bool measure_read(const struct world *world, const char *name, const char *target)
{
	struct samples samples;
	bool done = samples_new(&samples);

	for (int i = 0; i < READS && done; i++) {
		uint64_t ns = request_get(world, target);

		done = ns > 0;
		samples_add(&samples, ns);
	}
	figure(name, samples_ms(&samples, 1), "ms", 0);
	samples_clear(&samples);
	return done;
}

static bool measure_reads(const struct world *world)
{
	char target[PREFIX_TEXT_MAX + 16], text[PREFIX_TEXT_MAX];

	progress("list, show, risk");
	snprintf(target, sizeof(target), "/v1/blocks/%s", world_source_text(SENTENCES - 1, text));
	return measure_read(world, "status, worst", "/v1/status") &&
	       measure_read(world, "list, first 1,000, worst", "/v1/blocks") &&
	       measure_read(world, "show, worst", target) &&
	       measure_read(world, "risk, worst 20 ranges, worst", "/v1/risk?top=20");
}

static bool measure_ending(const struct world *world, sqlite3 *db)
{
	struct ending ending = {.world = world,
				.count = SENTENCES,
				.first = store_first_deadline(db),
				.deadline = store_last_deadline(db)};
	double cpu = world_cpu(world);
	bool found;

	if (store_running(db) != SENTENCES || clock_boot_ns() > ending.first) {
		fprintf(stderr, "they have ended before all was measured: DURATION_S is too short "
				"for this machine\n");
		return false;
	}
	progress("waiting for 100,000 sentences to end at once");
	if (!samples_new(&ending.answers))
		return false;
	found = ending_watch(&ending);
	figure("from the first deadline to the last",
	       (double)(ending.deadline - ending.first) / (double)NSEC_PER_SEC, "s", 0);
	figure_holds("blocked to the end, 100 of 100,000 looked at", ending.blocked_to_the_end);
	figure("all of them pass again, after the last deadline", ending.passed_s, "s",
	       LIMIT_PASSED_S);
	figure("100,000 unblocked on disk, after the last deadline", ending.unblocked_s, "s",
	       LIMIT_UNBLOCKED_S);
	figure("the daemon's CPU time for it, and for the answers", world_cpu(world) - cpu, "s", 0);
	figure_quantiles("API meanwhile", &ending.answers, 0);
	figure("API meanwhile, worst", samples_ms(&ending.answers, 1), "ms", LIMIT_ANSWER_MS);
	figure_holds("each end told twice in the audit trail",
		     store_events(db, "unblocking") == SENTENCES + PROCESSES &&
			     store_events(db, "unblocked") == SENTENCES + PROCESSES);
	samples_clear(&ending.answers);
	return found;
}

static bool measure(struct world *world)
{
	char path[WORLD_PATH_MAX];
	sqlite3 *db = store_look(world_path(world, STORE_NAME, path));
	bool done = db && sentence_all(world, db) && align_ends(world) &&
		    measure_decisions(world, SENTENCES) && measure_reads(world) &&
		    measure_ending(world, db);

	figure("daemon, resident", world_resident(world), "MiB", 0);
	sqlite3_close(db);
	return done;
}

int main(int argc, char **argv)
{
	struct world world;
	bool done, held;

	if (argc != 2) {
		fprintf(stderr, "usage: bench BUILD\n");
		return 2;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	done = world_open(&world, argv[1], DURATION_S) && measure(&world);
	world_close(&world);
	held = figures_print();
	return done && held ? EXIT_SUCCESS : EXIT_FAILURE;
}
