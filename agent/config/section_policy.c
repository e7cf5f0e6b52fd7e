/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/prefix.h"
#include "config/config.h"
#include "config/scalar.h"
#include "config/sections.h"

#define MULTIPLIERS_MAX	   64
#define MULTIPLIER_MAX	   1000000
#define EXEMPT_MAX	   1000 /* the size of the map exempt_destinations */
#define MAX_NEW_BLOCKS_MAX 16777216
#define IPV6_UNIT_DEFAULT  64

static SCALAR_PARSER(parse_ipv6_prefix)
{
	const struct smtpfence_prefix *prefix = field_place(field, object);
	int r = parse_prefix(source, field, node, object);

	if (r == 0 && prefix_is_ipv4(prefix))
		return scalar_error(source, field, node,
				    "is IPv4, where a sentence is always for one address");
	return r;
}

static int check_ipv6_unit(const struct source *source, const yaml_node_t *node, void *object)
{
	const struct config_ipv6_unit *entry = object;

	if (entry->match.length <= entry->unit)
		return 0;
	return source_error(source, source_value(source, node, "match"),
			    "match: narrower than its unit, a sentence would reach beyond it");
}

static const struct word units[] = {{"64", 64}, {"128", 128}, {NULL, 0}};

static const struct field unit_rows[] = {
	{
		.name = "match",
		.required = true,
		.parse = parse_ipv6_prefix,
		.offset = offsetof(struct config_ipv6_unit, match),
	},
	{
		.name = "unit",
		.required = true,
		.parse = parse_word,
		.words = units,
		.offset = offsetof(struct config_ipv6_unit, unit),
	},
};

static const struct table unit_table = TABLE(unit_rows);

static const struct field unit_item = {
	.name = "ipv6_unit",
	.parse = parse_mapping,
	.table = &unit_table,
	.check = check_ipv6_unit,
};

static const struct field unit_list = {
	.name = "ipv6_unit",
	FIELD_LIST(config_policy, ipv6_units, ipv6_unit_count),
	.max = CONFIG_LIST_MAX,
	.item = &unit_item,
};

static const struct field unit_alone = {
	.name = "ipv6_unit",
	.parse = parse_word,
	.words = units,
	.offset = offsetof(struct config_ipv6_unit, unit),
};

/* An entry for everything (its match is all zero) behind those that are there. */
static struct config_ipv6_unit *append_unit(struct config_policy *policy)
{
	size_t count = policy->ipv6_unit_count;
	struct config_ipv6_unit *units_grown =
		reallocarray(policy->ipv6_units, count + 1, sizeof(*units_grown));

	if (!units_grown)
		return NULL;
	policy->ipv6_units = units_grown;
	policy->ipv6_unit_count = count + 1;
	units_grown[count] = (struct config_ipv6_unit){.unit = IPV6_UNIT_DEFAULT};
	return &units_grown[count];
}

/* One unit for all, or a list of prefixes with theirs and the default for the rest. */
static SCALAR_PARSER(parse_ipv6_unit)
{
	bool is_list = node->type == YAML_SEQUENCE_NODE;
	struct config_ipv6_unit *rest;
	int r = is_list ? parse_list(source, &unit_list, node, object) : 0;

	(void)field;
	if (r < 0)
		return r;
	rest = append_unit(object);
	if (!rest)
		return source_no_memory(source);
	return is_list ? 0 : parse_word(source, &unit_alone, node, rest);
}

static const struct word releases[] = {
	{"automatic", CONFIG_RELEASE_AUTOMATIC},
	{"on-request", CONFIG_RELEASE_ON_REQUEST},
	{NULL, 0},
};

static const struct field multiplier_item = {
	.name = "multipliers",
	.parse = parse_u32,
	.min = 1,
	.max = MULTIPLIER_MAX,
};

static const struct field allow_item = {.name = "allow", .parse = parse_prefix};

static const struct field exempt_item = {.name = "exempt_destinations", .parse = parse_prefix};

static const struct field guard_rows[] = {
	{
		.name = "max_new_blocks",
		.meaning = "an update that blocks more is held",
		.fallback = "5000",
		.parse = parse_u64,
		.max = MAX_NEW_BLOCKS_MAX,
		.offset = offsetof(struct config_guard, max_new_blocks),
	},
	{
		.name = "max_removed_share",
		.meaning = "an update that lifts a larger share of its feed's blocks is held",
		.fallback = "50%",
		.parse = parse_percent,
		.offset = offsetof(struct config_guard, max_removed_share),
	},
};

static const struct table guard_table = TABLE(guard_rows);

static const struct field rows[] = {
	{
		.name = "block_score",
		.meaning = "an incident with this score or more blocks",
		.fallback = "300",
		.parse = parse_u32,
		.min = 1,
		.max = UINT32_MAX,
		.offset = offsetof(struct config_policy, block_score),
	},
	{
		.name = "duration",
		.meaning = "how long a sentence is, before its multiplier",
		.fallback = "1h",
		.parse = parse_duration,
		.min = 1,
		.max = CONFIG_DURATION_MAX,
		.offset = offsetof(struct config_policy, duration),
	},
	{
		.name = "multipliers",
		.meaning = "for the first offence, the second, ...; the last for all others",
		.fallback = "[1, 4, 24, 168]",
		FIELD_LIST(config_policy, multipliers, multiplier_count),
		.min = 1,
		.max = MULTIPLIERS_MAX,
		.item = &multiplier_item,
	},
	{
		.name = "max",
		.meaning = "no sentence is longer",
		.fallback = "30d",
		.parse = parse_duration,
		.min = 1,
		.max = CONFIG_DURATION_MAX,
		.offset = offsetof(struct config_policy, max),
	},
	{
		.name = "forget_after",
		.meaning = "so long without a new offence takes one off; 0s: never",
		.fallback = "90d",
		.parse = parse_duration,
		.max = CONFIG_DURATION_MAX,
		.offset = offsetof(struct config_policy, forget_after),
	},
	{
		.name = "release",
		.meaning = "when the sentence has ended, or then when asked for",
		.fallback = "automatic",
		.parse = parse_word,
		.words = releases,
		.offset = offsetof(struct config_policy, release),
	},
	{
		.name = "ipv6_unit",
		.meaning = "64 or 128, or [{match: PREFIX, unit: 128}, ...] and 64 for the rest",
		.fallback = "64",
		.parse = parse_ipv6_unit,
	},
	{
		.name = "allow",
		.meaning = "sources that are never blocked",
		.fallback = "[]",
		FIELD_LIST(config_policy, allow.items, allow.count),
		.max = CONFIG_LIST_MAX,
		.item = &allow_item,
	},
	{
		.name = "exempt_destinations",
		.meaning = "what a blocked source still reaches: the provider's own relay",
		.fallback = "[]",
		FIELD_LIST(config_policy, exempt_destinations.items, exempt_destinations.count),
		.max = EXEMPT_MAX,
		.item = &exempt_item,
	},
	{
		.name = "guard",
		.meaning = "updates of a feed that nobody applies unseen",
		.fallback = "{}",
		.parse = parse_mapping,
		.table = &guard_table,
		.offset = offsetof(struct config_policy, guard),
	},
};

const struct table policy_table = TABLE(rows);
