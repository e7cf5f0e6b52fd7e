/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tax.h"

#include <stdio.h>

static const struct port {
	const char *suffix, *title;
} ports[ATTACHED] = {
	[NOTHING] = {"nothing", "nothing"},
	[NOTHING_TOO] = {"nothing2", "nothing, another port"},
	[AUTO] = {"auto", "hook: auto"},
	[NATIVE] = {"native", "hook: xdp-native"},
	[NFT] = {"nft", "nft, netdev ingress"},
};

const char *port_suffix(enum attached attached)
{
	return ports[attached].suffix;
}

/* @of against nothing, by CPU time and by the clock. */
static bool print_tax(const struct tax *tax, const struct contender *contenders, enum attached of)
{
	char load[64];
	struct row row = {
		.load = tax->load,
		.of = &contenders[of],
		.to = &contenders[NOTHING],
		.unit = tax->rate,
		.bound = of == AUTO ? AT_LEAST : UNBOUNDED,
		.limit = tax->limit,
	};
	bool ok = print_row(&row);

	snprintf(load, sizeof(load), "%s, by the clock", tax->load);
	row.load = load;
	row.unit = tax->by_the_clock;
	row.bound = UNBOUNDED;
	print_row(&row);
	return ok;
}

bool levy(const struct tax *tax, size_t rounds)
{
	struct contender contenders[ATTACHED];
	enum attached of;
	struct row row = {
		.load = tax->load,
		.of = &contenders[AUTO],
		.to = &contenders[NFT],
		.unit = tax->rate,
		.bound = NOT_BELOW,
		.limit = 1,
	};
	bool ok = true;

	fprintf(stderr, "# innocent tax: %s\n", tax->load);
	for (of = 0; of < ATTACHED; of++)
		contenders[of] =
			(struct contender){ports[of].title, tax->measure, tax->ports[of], {0}, {0}};
	take_turns(contenders, ATTACHED, rounds);
	for (of = NOTHING_TOO; of < ATTACHED; of++)
		ok &= print_tax(tax, contenders, of);
	ok &= print_row(&row);
	return ok;
}
