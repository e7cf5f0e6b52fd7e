/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/gather.h"

#include <errno.h>

static int gather(const struct sentence *sentence, void *userdata)
{
	return prefix_list_add(userdata, &sentence->prefix);
}

int gather_sentences(struct prefix_list *list, struct store *store,
		     const struct sentence_filter *filter, struct error *error)
{
	int r = store_each_sentence(store, filter, gather, list, error);

	if (r == -ENOMEM)
		return error_set(error, r, "out of memory over %zu sentences", list->count);
	return r;
}
