/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening the maps, and what a single lookup answers. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "counters/internal.h"

#define LAYOUT(map, key, value, how_many)                                                          \
	{                                                                                          \
		.name = (map), .key_size = (key), .value_size = (value), .copies = (how_many)      \
	}

static int open_maps(struct counters *counters, struct error *error)
{
	const unsigned int cpus = counters->cpus;
	const __u32 prefix = sizeof(struct smtpfence_prefix);
	const struct map_layout layouts[MAPS] = {
		[MAP_BLOCKS] = LAYOUT("blocks", prefix, sizeof(struct smtpfence_block), 1),
		[MAP_PREFIXES] = LAYOUT("prefixes", prefix, sizeof(struct smtpfence_block), 1),
		[MAP_EXEMPT_DESTINATIONS] = LAYOUT("exempt_destinations", prefix, sizeof(__u32), 1),
		[MAP_SOURCES] = LAYOUT("sources", sizeof(struct smtpfence_source_key),
				       sizeof(struct smtpfence_source), cpus),
		[MAP_BLOCK_HITS] =
			LAYOUT("block_hits", prefix, sizeof(struct smtpfence_hits), cpus),
		[MAP_INTERFACES] =
			LAYOUT("interfaces", sizeof(__u32), sizeof(struct smtpfence_interface), 1),
		[MAP_TOTALS] =
			LAYOUT("totals", sizeof(__u32), sizeof(struct smtpfence_total), cpus),
		[MAP_SETTINGS] =
			LAYOUT("settings", sizeof(__u32), sizeof(struct smtpfence_settings), 1),
		[MAP_RECENT] =
			LAYOUT("recent", sizeof(__u32), sizeof(struct smtpfence_recent), cpus),
	};

	for (size_t i = 0; i < MAPS; i++) {
		int r = map_open(counters->bpffs, &layouts[i], &counters->maps[i], error);

		if (r < 0)
			return r;
	}
	return 0;
}

static int check_schema(struct counters *counters, struct error *error)
{
	struct smtpfence_settings settings;
	int r = counters_settings(counters, &settings);

	if (r < 0)
		return error_set(error, r, "%s/settings: cannot be read: %s", counters->bpffs,
				 strerror(-r));
	if (settings.schema != SMTPFENCE_SCHEMA)
		return error_set(error, -EPROTO,
				 "%s: the maps were made by another version of smtpfence: "
				 "restart smtpfenced",
				 counters->bpffs);
	return 0;
}

int counters_open(const char *bpffs, struct counters **ret, struct error *error)
{
	_cleanup_(counters_freep) struct counters *counters = calloc(1, sizeof(*counters));
	int r = libbpf_num_possible_cpus();

	if (!counters)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < MAPS; i++)
		counters->maps[i].fd = -1;
	if (r < 0)
		return error_set(error, r, "cannot count the CPUs: %s", strerror(-r));
	counters->cpus = (unsigned int)r;
	counters->bpffs = strdup(bpffs);
	if (!counters->bpffs)
		return error_set(error, -ENOMEM, "out of memory");
	r = open_maps(counters, error);
	if (r == 0)
		r = check_schema(counters, error);
	if (r < 0)
		return r;
	*ret = STEAL(counters);
	return 0;
}

void counters_free(struct counters *counters)
{
	if (!counters)
		return;
	for (size_t i = 0; i < MAPS; i++)
		map_close(&counters->maps[i]);
	free(counters->bpffs);
	free(counters);
}

int counters_hits(struct counters *counters, const struct smtpfence_prefix *prefix,
		  struct smtpfence_hits *ret)
{
	_cleanup_free_ struct smtpfence_hits *values = calloc(counters->cpus, sizeof(*values));
	int r;

	if (!values)
		return -ENOMEM;
	*ret = (struct smtpfence_hits){};
	r = bpf_map_lookup_elem(counters->maps[MAP_BLOCK_HITS].fd, prefix, values);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (unsigned int cpu = 0; cpu < counters->cpus; cpu++) {
		ret->packets += values[cpu].packets;
		ret->bytes += values[cpu].bytes;
		ret->attempts += values[cpu].attempts;
	}
	return 0;
}

static void add_total(struct smtpfence_total *sum, const struct smtpfence_total *value)
{
	for (unsigned int role = 0; role < SMTPFENCE_ROLES; role++) {
		for (unsigned int family = 0; family < SMTPFENCE_FAMILIES; family++) {
			struct smtpfence_tally *to = &sum->tally[role][family];
			const struct smtpfence_tally *from = &value->tally[role][family];

			to->packets += from->packets;
			to->bytes += from->bytes;
			to->attempts += from->attempts;
		}
	}
}

int counters_totals(struct counters *counters, struct counters_totals *ret)
{
	_cleanup_free_ struct smtpfence_total *values = calloc(counters->cpus, sizeof(*values));

	if (!values)
		return -ENOMEM;
	*ret = (struct counters_totals){};
	for (__u32 reason = 0; reason < SMTPFENCE_REASON_COUNT; reason++) {
		int r = bpf_map_lookup_elem(counters->maps[MAP_TOTALS].fd, &reason, values);

		if (r < 0)
			return r;
		for (unsigned int cpu = 0; cpu < counters->cpus; cpu++)
			add_total(&ret->reasons[reason], &values[cpu]);
	}
	return 0;
}

int counters_interface(struct counters *counters, unsigned int ifindex,
		       struct smtpfence_interface *ret)
{
	__u32 key = ifindex;

	return bpf_map_lookup_elem(counters->maps[MAP_INTERFACES].fd, &key, ret);
}

int counters_settings(struct counters *counters, struct smtpfence_settings *ret)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(counters->maps[MAP_SETTINGS].fd, &key, ret);
}

/* A walk over a big map takes ten ms: it is not taken again before ten times as long has gone by.
 */
#define COUNT_REST 10

/* False: it cannot be counted. */
static bool count_entries(const struct map *map, struct fill *fill)
{
	uint64_t begun = clock_boot_ns(), ended;

	if (begun < fill->fresh_until)
		return true;
	if (map_count(map, &fill->entries) < 0)
		return false;
	ended = clock_boot_ns();
	fill->fresh_until = ended + COUNT_REST * (ended - begun);
	return true;
}

size_t counters_maps(struct counters *counters, struct counters_map ret[COUNTERS_MAPS])
{
	size_t written = 0;

	for (size_t i = 0; i < COUNTERS_MAPS; i++) {
		const struct map *map = &counters->maps[i];
		struct fill *fill = &counters->fills[i];

		if (count_entries(map, fill))
			ret[written++] = (struct counters_map){map->name, fill->entries, map->max};
	}
	return written;
}
