/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "counters/list.h"

#define CAPACITY_FIRST 64

void *list_append(struct list *list)
{
	char *item;

	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : CAPACITY_FIRST;
		void *items = reallocarray(list->items, capacity, list->item_size);

		if (!items)
			return NULL;
		list->items = items;
		list->capacity = capacity;
	}
	item = (char *)list->items + list->count++ * list->item_size;
	return memset(item, 0, list->item_size);
}

void list_clear(struct list *list)
{
	free(list->items);
	*list = (struct list){.item_size = list->item_size};
}

void *list_steal(struct list *list)
{
	return STEAL(list->items);
}
