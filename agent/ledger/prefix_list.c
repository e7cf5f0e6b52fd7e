/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/prefix_list.h"

#include <errno.h>

#include "base/array.h"

int prefix_list_add(struct prefix_list *list, const struct smtpfence_prefix *prefix,
		    struct error *error)
{
	struct smtpfence_prefix *items = array_grow(list->items, list->count, sizeof(*items));

	if (!items)
		return error_set(error, -ENOMEM, "out of memory");
	list->items = items;
	list->items[list->count++] = *prefix;
	return 0;
}

void prefix_list_clear(struct prefix_list *list)
{
	free(list->items);
	*list = (struct prefix_list){0};
}

struct gathering {
	struct prefix_list *list;
	struct error *error;
};

static int gather(const struct sentence *sentence, void *userdata)
{
	struct gathering *gathering = userdata;

	return prefix_list_add(gathering->list, &sentence->prefix, gathering->error);
}

int prefix_list_gather(struct prefix_list *list, struct store *store,
		       const struct sentence_filter *filter, struct error *error)
{
	struct gathering gathering = {list, error};

	return store_each_sentence(store, filter, gather, &gathering, error);
}
