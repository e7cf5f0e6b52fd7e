/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/allowlist.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/prefix.h"

static int append(struct allowlist *allow, const struct smtpfence_prefix *prefix)
{
	struct smtpfence_prefix *items = array_grow(allow->items, allow->count, sizeof(*items));

	if (!items)
		return -ENOMEM;
	allow->items = items;
	allow->items[allow->count++] = *prefix;
	allow->lengths[prefix->length] = true;
	return 0;
}

static int append_stored(const struct smtpfence_prefix *prefix, int64_t added, const char *reason,
			 void *userdata)
{
	(void)added;
	(void)reason;
	return append(userdata, prefix);
}

static int compare(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

static void sort_unique(struct allowlist *allow)
{
	size_t kept = 0;

	if (allow->count > 0)
		qsort(allow->items, allow->count, sizeof(*allow->items), compare);
	for (size_t i = 0; i < allow->count; i++)
		if (kept == 0 || compare(&allow->items[kept - 1], &allow->items[i]) != 0)
			allow->items[kept++] = allow->items[i];
	allow->count = kept;
}

int allowlist_load(const struct config_prefixes *config, struct store *store, struct allowlist *ret,
		   struct error *error)
{
	_cleanup_(allowlist_clear) struct allowlist allow = {0};
	int r = 0;

	for (size_t i = 0; i < config->count && r >= 0; i++)
		r = append(&allow, &config->items[i]);
	if (r >= 0)
		r = store_each_allow(store, append_stored, &allow, error);
	if (r == -ENOMEM)
		return error_set(error, r, "allowlist: out of memory");
	if (r < 0)
		return r;
	sort_unique(&allow);
	*ret = allow;
	allow.items = NULL;
	return 0;
}

void allowlist_clear(struct allowlist *allow)
{
	free(allow->items);
	*allow = (struct allowlist){0};
}

bool allowlist_equals(const struct allowlist *allow, const struct allowlist *other)
{
	if (allow->count != other->count)
		return false;
	for (size_t i = 0; i < allow->count; i++)
		if (compare(&allow->items[i], &other->items[i]) != 0)
			return false;
	return true;
}

size_t allowlist_seek(const struct allowlist *allow, const struct smtpfence_prefix *prefix)
{
	size_t first = 0, end = allow->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (prefix_compare(&allow->items[middle], prefix) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

bool allowlist_has(const struct allowlist *allow, const struct smtpfence_prefix *prefix)
{
	size_t i = allowlist_seek(allow, prefix);

	return i < allow->count && prefix_compare(&allow->items[i], prefix) == 0;
}

bool allowlist_covers(const struct allowlist *allow, const struct smtpfence_prefix *prefix)
{
	unsigned int shortest = prefix_is_ipv4(prefix) ? SMTPFENCE_IPV4_BITS : 0;
	struct smtpfence_prefix wider = *prefix;

	if (allow->count == 0)
		return false;
	for (unsigned int length = prefix->length + 1; length-- > shortest;) {
		if (!allow->lengths[length])
			continue;
		prefix_cut(&wider, length);
		if (allowlist_has(allow, &wider))
			return true;
	}
	return false;
}

size_t allowlist_inside(const struct allowlist *allow, const struct smtpfence_prefix *prefix,
			size_t from)
{
	size_t i = allowlist_seek(allow, prefix);

	if (i < allow->count && prefix_compare(&allow->items[i], prefix) == 0)
		i++;
	if (i < from)
		i = from;
	/* What lies in a prefix follows it at once, but for the IPv4 addresses inside ::/N. */
	while (i < allow->count && prefix_is_ipv4(&allow->items[i]) && !prefix_is_ipv4(prefix))
		i++;
	return i < allow->count && prefix_contains(prefix, &allow->items[i]) ? i : allow->count;
}

bool allowlist_configured(const struct config_prefixes *config,
			  const struct smtpfence_prefix *prefix)
{
	for (size_t i = 0; i < config->count; i++)
		if (prefix_compare(&config->items[i], prefix) == 0)
			return true;
	return false;
}
