/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_COUNTERS_INTERNAL_H
#define SMTPFENCE_COUNTERS_INTERNAL_H

#include "counters/counters.h"
#include "counters/map.h"

/* In the order of DESIGN; the first COUNTERS_MAPS have a limit that can be reached. */
enum map_id {
	MAP_BLOCKS,
	MAP_PREFIXES,
	MAP_EXEMPT_DESTINATIONS,
	MAP_SOURCES,
	MAP_BLOCK_HITS,
	MAP_INTERFACES,
	MAP_TOTALS,
	MAP_SETTINGS,
	MAP_RECENT,
	MAPS,
};

/* How many entries a map was found to have. */
struct fill {
	size_t entries;
	uint64_t fresh_until; /* ns of CLOCK_BOOTTIME */
};

struct counters {
	char *bpffs;
	unsigned int cpus; /* possible ones: so many values a per-CPU lookup gives */
	struct map maps[MAPS];
	struct fill fills[COUNTERS_MAPS];
};

#endif
