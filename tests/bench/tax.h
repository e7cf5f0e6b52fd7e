/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What innocent traffic pays for what is attached to its port. tests/bench/datapath makes a port of
 * each kind for each of these, with its name behind a dash: veth-auto, tap-auto and so on.
 */
#ifndef SMTPFENCE_TESTS_BENCH_TAX_H
#define SMTPFENCE_TESTS_BENCH_TAX_H

#include "table.h"

enum attached {
	NOTHING,
	NOTHING_TOO, /* another port with nothing: how far equal ports differ */
	AUTO,	     /* smtpfenced, hook: auto */
	NATIVE,	     /* smtpfenced, hook: xdp-native */
	NFT,	     /* one rule, one set, at netdev ingress */
	ATTACHED,
};

/* "nothing", "auto" and so on. */
const char *port_suffix(enum attached attached);

struct tax {
	const char *load;
	struct cost (*measure)(const void *port);
	const void *ports[ATTACHED];
	enum unit rate, by_the_clock;
	double limit; /* the share of the rate with nothing that AUTO keeps */
};

/* Measures and prints; false if a limit is missed. */
bool levy(const struct tax *tax, size_t rounds);

#endif
