/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many hosts in one process and one thread: each has a connection and an ordered consumer of its
 * own, speaks the NATS protocol, and goes on where it was after an outage, as the agent does.
 */
#ifndef SMTPFENCE_TESTS_BENCH_NATS_FLEET_H
#define SMTPFENCE_TESTS_BENCH_NATS_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fleet;

/*
 * @port: of the server on 127.0.0.1; @sequence: up to which they have everything already. NULL: out
 * of memory or of files.
 */
struct fleet *fleet_new(size_t hosts, uint16_t port, uint64_t sequence);
void fleet_free(struct fleet *fleet);

/* Sends and takes what there is, for at most @msec. */
void fleet_run(struct fleet *fleet, int msec);

/* How many hosts have a consumer, and how many have everything up to @sequence. */
size_t fleet_following(const struct fleet *fleet);
size_t fleet_arrived(const struct fleet *fleet, uint64_t sequence);

/* Messages that came, without repetitions. */
uint64_t fleet_deliveries(const struct fleet *fleet);

/* Messages that somebody did not get, though later ones came. */
uint64_t fleet_losses(const struct fleet *fleet);

#endif
