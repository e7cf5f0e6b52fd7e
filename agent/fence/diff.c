/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence/diff.h"

#include <errno.h>
#include <stdlib.h>

#include "base/prefix.h"

void edits_clear(struct edits *edits)
{
	free(edits->items);
	*edits = (struct edits){};
}

static void add_edit(struct edits *edits, enum edit_kind kind, const struct entry *entry)
{
	edits->items[edits->count++] = (struct edit){.kind = kind, .entry = entry};
}

static bool is_right(const struct entry *present, const struct entry *wanted)
{
	return present->action == wanted->action && present->deadline == wanted->deadline;
}

int diff_entries(const struct entries *present, const struct entries *wanted, struct edits *ret,
		 struct error *error)
{
	size_t p = 0, w = 0;

	ret->items = calloc(present->count + wanted->count + 1, sizeof(*ret->items));
	if (!ret->items)
		return error_set(error, -ENOMEM, "out of memory");
	while (p < present->count || w < wanted->count) {
		int order;

		if (p == present->count)
			order = 1;
		else if (w == wanted->count)
			order = -1;
		else
			order = prefix_compare(&present->items[p].prefix, &wanted->items[w].prefix);
		if (order == 0 && !is_right(&present->items[p], &wanted->items[w]))
			add_edit(ret, EDIT_UPDATE, &wanted->items[w]);
		else if (order < 0)
			add_edit(ret, EDIT_REMOVE, &present->items[p]);
		else if (order > 0)
			add_edit(ret, EDIT_ADD, &wanted->items[w]);
		p += order <= 0;
		w += order >= 0;
	}
	return 0;
}
