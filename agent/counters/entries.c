/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries in force, of both maps as one list. */
#include <errno.h>
#include <string.h>

#include "base/prefix.h"
#include "counters/internal.h"
#include "counters/list.h"

static int collect(const void *key, const void *value, void *userdata)
{
	struct entry *entry = list_append(userdata);
	struct smtpfence_block block;

	if (!entry)
		return -ENOMEM;
	memcpy(&entry->prefix, key, sizeof(entry->prefix));
	memcpy(&block, value, sizeof(block));
	entry->action = block.action;
	entry->deadline = block.deadline;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;

	return prefix_compare(&one->prefix, &other->prefix);
}

/* A walk over a changing trie may meet an entry twice. */
static size_t unique(struct entry *items, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && compare(&items[kept - 1], &items[i]) == 0)
			continue;
		items[kept++] = items[i];
	}
	return kept;
}

int counters_entries(struct counters *counters, struct entries *ret, struct error *error)
{
	_cleanup_(list_clear) struct list list = {.item_size = sizeof(struct entry)};

	for (enum map_id id = MAP_BLOCKS; id <= MAP_PREFIXES; id++) {
		int r = map_walk(&counters->maps[id], collect, &list);

		if (r < 0)
			return error_set(error, r, "%s/%s: cannot be read: %s", counters->bpffs,
					 counters->maps[id].name, strerror(-r));
	}
	if (list.count > 0)
		qsort(list.items, list.count, list.item_size, compare);
	ret->count = unique(list.items, list.count);
	ret->items = list_steal(&list);
	return 0;
}
