/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/config.h"
#include "config/scalar.h"
#include "config/sections.h"

#define HASH_MAX     16777216
#define PREFIXES_MAX 1000000 /* a trie slows down and takes seconds to free long before */

static const struct field rows[] = {
	{
		.name = "blocks",
		.meaning = "addresses and IPv6 /64s; preallocated, about 90 bytes each",
		.fallback = "262144",
		.parse = parse_u32,
		.min = 1,
		.max = HASH_MAX,
		.offset = offsetof(struct config_limits, blocks),
	},
	{
		.name = "prefixes",
		.meaning = "prefixes of every other length",
		.fallback = "10000",
		.parse = parse_u32,
		.min = 1,
		.max = PREFIXES_MAX,
		.offset = offsetof(struct config_limits, prefixes),
	},
	{
		.name = "sources",
		.meaning = "sources that are counted at a time; the quietest give way",
		.fallback = "65536",
		.parse = parse_u32,
		.min = 1,
		.max = HASH_MAX,
		.offset = offsetof(struct config_limits, sources),
	},
};

const struct table limits_table = TABLE(rows);
