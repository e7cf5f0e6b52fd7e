/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One pinned map, opened read-only: lookups that sum over CPUs are the caller's, walks are here. */
#ifndef SMTPFENCE_COUNTERS_MAP_H
#define SMTPFENCE_COUNTERS_MAP_H

#include <stddef.h>
#include <linux/types.h>

#include "base/error.h"

struct map {
	const char *name;
	int fd;
	__u32 key_size;
	__u32 max;
	size_t value_size; /* as user space gets it: per-CPU maps give one a possible CPU */
};

/* What a map must look like for this program to read it. */
struct map_layout {
	const char *name;
	__u32 key_size;
	__u32 value_size;
	unsigned int copies; /* values a lookup gives: 1, or the number of possible CPUs */
};

/*
 * -ENOENT, -EPERM, …; -EPROTO: the map is of another layout. Whatever it returns, @ret is for
 * map_close.
 */
int map_open(const char *folder, const struct map_layout *layout, struct map *ret,
	     struct error *error);
void map_close(struct map *map);

/* A return other than 0 ends the walk and is returned by it. */
typedef int (*map_walk_fn)(const void *key, const void *value, void *userdata);

/*
 * Calls @fn for every entry. Entries that come or go meanwhile may be missed, and in a trie or on
 * an old kernel be seen twice. -EAGAIN: the map changed so fast that no end was in sight.
 */
int map_walk(const struct map *map, map_walk_fn fn, void *userdata);

/* Number of entries. */
int map_count(const struct map *map, size_t *ret);

#endif
