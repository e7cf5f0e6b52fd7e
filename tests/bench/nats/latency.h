/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the moment a scorer says it to the moment the host's kernel drops it. */
#ifndef SMTPFENCE_TESTS_BENCH_NATS_LATENCY_H
#define SMTPFENCE_TESTS_BENCH_NATS_LATENCY_H

#include "bench/lifecycle/figures.h"
#include "bench/nats/peers.h"

/*
 * Lets sources @first to @first + @count - 1 offend, @rate a second, and waits for each in the
 * kernel's map. False, and why on standard error.
 */
bool latency_measure(struct peers *peers, size_t first, size_t count, unsigned int rate,
		     struct samples *samples);

#endif
