/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three look at the same time: one asks the loaded program about sources (a frame through
 * BPF_PROG_TEST_RUN is judged like a guest's), one asks the API, one reads the store's file.
 */
#include "bench/lifecycle/ending.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/lifecycle/requests.h"
#include "bench/lifecycle/store.h"
#include "counters/counters.h"

#define LOOKED_AT	   100
#define BEFORE_NS	   NSEC_PER_SEC /* so long before the deadline it begins */
#define PATIENCE_NS	   (60 * NSEC_PER_SEC)
#define KERNEL_POLL_USEC   5000
#define STORE_POLL_USEC	   20000
#define REQUEST_PAUSE_USEC 2000

static atomic_bool over;

static double seconds_after(uint64_t deadline)
{
	return (double)(int64_t)(clock_boot_ns() - deadline) / (double)NSEC_PER_SEC;
}

static bool expired(const struct ending *ending)
{
	return clock_boot_ns() > ending->deadline + PATIENCE_NS;
}

/* The first, the last, and as far from each other as they can be. */
static size_t looked_at(const struct ending *ending, size_t i)
{
	return i * (ending->count - 1) / (LOOKED_AT - 1);
}

static bool drops(struct counters *counters, size_t source, struct error *error)
{
	const struct smtpfence_prefix from = world_source(source);
	const struct smtpfence_prefix to = counters_check_destination(&from);
	struct smtpfence_answer answer = {.verdict = SMTPFENCE_DROP};

	return counters_check(counters, &from, &to, &answer, error) < 0 ||
	       answer.verdict == SMTPFENCE_DROP;
}

static size_t count_dropped(const struct ending *ending, struct counters *counters,
			    struct error *error)
{
	size_t dropped = 0;

	for (size_t i = 0; i < LOOKED_AT; i++)
		dropped += drops(counters, looked_at(ending, i), error);
	return dropped;
}

/* Whoever was let pass in a look that ended before the first deadline was let pass too early. */
static bool look_at_kernel(struct ending *ending, struct counters *counters)
{
	struct error error = {};
	size_t dropped;

	ending->blocked_to_the_end = true;
	do {
		usleep(KERNEL_POLL_USEC);
		dropped = count_dropped(ending, counters, &error);
		if (error.text[0]) {
			fprintf(stderr, "%s\n", error.text);
			return false;
		}
		ending->blocked_to_the_end &=
			dropped == LOOKED_AT || clock_boot_ns() >= ending->first;
	} while (dropped > 0 && !expired(ending));
	ending->passed_s = seconds_after(ending->deadline);
	return dropped == 0;
}

static void *watch_kernel(void *userdata)
{
	struct counters *counters = NULL;
	struct error error;
	bool found;

	if (counters_open(WORLD_BPFFS, &counters, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		return NULL;
	}
	found = look_at_kernel(userdata, counters);
	counters_free(counters);
	return found ? userdata : NULL;
}

/* What a panel asks: how all is, and how one source is. */
static void *watch_api(void *userdata)
{
	struct ending *ending = userdata;
	char target[PREFIX_TEXT_MAX + 16], text[PREFIX_TEXT_MAX];

	for (size_t i = 0; !atomic_load(&over); i++) {
		uint64_t ns;

		snprintf(target, sizeof(target), "/v1/blocks/%s",
			 world_source_text(looked_at(ending, i / 2 % LOOKED_AT), text));
		ns = request_get(ending->world, i % 2 ? target : "/v1/status");
		if (ns == 0)
			return NULL;
		samples_add(&ending->answers, ns);
		usleep(REQUEST_PAUSE_USEC);
	}
	return userdata;
}

static void *watch_store(void *userdata)
{
	struct ending *ending = userdata;
	char path[WORLD_PATH_MAX];
	sqlite3 *db = store_look(world_path(ending->world, STORE_NAME, path));
	bool left = true;

	while (db && left && !expired(ending)) {
		usleep(STORE_POLL_USEC);
		left = store_any_left(db, ending->deadline);
	}
	ending->unblocked_s = seconds_after(ending->deadline);
	sqlite3_close(db);
	return left ? NULL : userdata;
}

bool ending_watch(struct ending *ending)
{
	void *(*const watchers[])(void *) = {watch_kernel, watch_store, watch_api};
	pthread_t threads[sizeof(watchers) / sizeof(watchers[0])];
	bool found = true;
	void *result;

	while (clock_boot_ns() + BEFORE_NS < ending->first)
		usleep(KERNEL_POLL_USEC);
	atomic_store(&over, false);
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++)
		if (pthread_create(&threads[i], NULL, watchers[i], ending) != 0)
			return false;
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		/* The last one goes on until the others have found what they wait for. */
		if (i == sizeof(threads) / sizeof(threads[0]) - 1)
			atomic_store(&over, true);
		pthread_join(threads[i], &result);
		found &= result != NULL;
	}
	return found;
}
