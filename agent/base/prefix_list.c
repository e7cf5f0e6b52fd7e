/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/prefix_list.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

int prefix_list_add(struct prefix_list *list, const struct smtpfence_prefix *prefix)
{
	struct smtpfence_prefix *items = array_grow(list->items, list->count, sizeof(*items));

	if (!items)
		return -ENOMEM;
	list->items = items;
	list->items[list->count++] = *prefix;
	return 0;
}

void prefix_list_clear(struct prefix_list *list)
{
	free(list->items);
	*list = (struct prefix_list){0};
}
