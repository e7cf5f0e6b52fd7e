/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ranges that a reputation list takes for one, and what was done from them. */
#include <errno.h>

#include "base/array.h"
#include "base/prefix.h"
#include "ledger/internal.h"
#include "policy/policy.h"

#define RANGE_IPV4 (SMTPFENCE_IPV4_BITS + 24)
#define RANGE_IPV6 64

struct grouping {
	const struct config_policy *policy;
	struct ledger_range *ranges; /* owned */
	size_t count;
};

struct smtpfence_prefix ledger_range_of(const struct smtpfence_prefix *source)
{
	struct smtpfence_prefix range = *source;

	prefix_cut(&range, prefix_is_ipv4(source) ? RANGE_IPV4 : RANGE_IPV6);
	return range;
}

/* Sentences in that /64 are for single addresses: it is known to have several customers. */
static bool is_split(const struct config_policy *policy, const struct smtpfence_prefix *source)
{
	struct smtpfence_prefix address = *source;

	if (prefix_is_ipv4(source) || source->length < RANGE_IPV6)
		return false;
	address.length = 128;
	return source->length > RANGE_IPV6 || policy_unit(policy, &address).length > RANGE_IPV6;
}

static struct ledger_range *last_range(const struct grouping *grouping)
{
	return grouping->count ? &grouping->ranges[grouping->count - 1] : NULL;
}

static struct ledger_range *begin_range(struct grouping *grouping,
					const struct smtpfence_prefix *prefix)
{
	struct ledger_range *ranges =
		array_grow(grouping->ranges, grouping->count, sizeof(*ranges));

	if (!ranges)
		return NULL;
	grouping->ranges = ranges;
	ranges[grouping->count] = (struct ledger_range){.prefix = *prefix};
	return &ranges[grouping->count++];
}

/* Offenders come in the order of prefix_compare, so that those of one range follow each other. */
static int add_offender(const struct offender *offender, void *userdata)
{
	struct grouping *grouping = userdata;
	const struct smtpfence_prefix prefix = ledger_range_of(&offender->prefix);
	struct ledger_range *range = last_range(grouping);

	if (!range || prefix_compare(&range->prefix, &prefix) != 0)
		range = begin_range(grouping, &prefix);
	if (!range)
		return -ENOMEM;
	range->blocked_now += offender->state != SENTENCE_UNBLOCKED;
	range->blocked_recently++;
	range->spams += offender->spams;
	range->split |= is_split(grouping->policy, &offender->prefix);
	return 0;
}

int ledger_ranges(struct ledger *ledger, struct ledger_range **ret, size_t *ret_count,
		  struct error *error)
{
	struct grouping grouping = {.policy = &ledger->config->policy};
	int r = store_each_offender(ledger->store, clock_wall() - LEDGER_RECENTLY, add_offender,
				    &grouping, error);

	if (r < 0) {
		free(grouping.ranges);
		return r == -ENOMEM ? error_set(error, r, "out of memory over %zu ranges",
						grouping.count)
				    : r;
	}
	*ret = grouping.ranges;
	*ret_count = grouping.count;
	return 0;
}
