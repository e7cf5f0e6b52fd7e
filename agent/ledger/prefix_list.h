/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prefixes to be worked on: what is walked in the store may not be changed there meanwhile. */
#ifndef SMTPFENCE_LEDGER_PREFIX_LIST_H
#define SMTPFENCE_LEDGER_PREFIX_LIST_H

#include "base/error.h"
#include "smtpfence/abi.h"
#include "store/store.h"

struct prefix_list {
	struct smtpfence_prefix *items; /* owned */
	size_t count;
};

int prefix_list_add(struct prefix_list *list, const struct smtpfence_prefix *prefix,
		    struct error *error);
void prefix_list_clear(struct prefix_list *list);

/* Adds the prefixes of all sentences that @filter lets through. */
int prefix_list_gather(struct prefix_list *list, struct store *store,
		       const struct sentence_filter *filter, struct error *error);

#endif
