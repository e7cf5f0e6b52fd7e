/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/nats/latency.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

#define PATIENCE_NS (20 * NSEC_PER_SEC) /* for the last one */
#define POLL_USEC   50			/* the figures are too high by so much at most */

/* Changes go into force in the order in which they were said, so that one is waited for at a time.
 */
struct flight {
	struct peers *peers;
	size_t first, count;
	uint64_t *said; /* CLOCK_BOOTTIME, ns; one a source */
	size_t published, landed;
};

static void look(struct flight *flight, struct samples *samples)
{
	while (flight->landed < flight->published) {
		struct smtpfence_prefix source = peers_source(flight->first + flight->landed);

		if (!peers_is_blocked(flight->peers, &source))
			return;
		samples_add(samples, clock_boot_ns() - flight->said[flight->landed++]);
	}
}

static bool say_due(struct flight *flight, uint64_t begun, uint64_t interval)
{
	uint64_t now = clock_boot_ns();

	while (flight->published < flight->count && now >= begun + flight->published * interval) {
		flight->said[flight->published] = clock_boot_ns();
		if (!peers_offend(flight->peers, flight->first + flight->published++))
			return false;
	}
	return true;
}

bool latency_measure(struct peers *peers, size_t first, size_t count, unsigned int rate,
		     struct samples *samples)
{
	struct flight flight = {.peers = peers, .first = first, .count = count};
	uint64_t interval = NSEC_PER_SEC / rate, begun = clock_boot_ns();
	uint64_t end = begun + count * interval + PATIENCE_NS;
	bool going = true;

	flight.said = calloc(count, sizeof(*flight.said));
	if (!flight.said)
		return false;
	while (going && flight.landed < count && clock_boot_ns() < end) {
		going = say_due(&flight, begun, interval);
		look(&flight, samples);
		usleep(POLL_USEC);
	}
	if (flight.landed < count)
		fprintf(stderr, "%zu of %zu are in force\n", flight.landed, count);
	free(flight.said);
	return flight.landed == count;
}
