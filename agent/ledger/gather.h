/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prefixes of sentences that are to be changed: not while they are walked in the store. */
#ifndef SMTPFENCE_LEDGER_GATHER_H
#define SMTPFENCE_LEDGER_GATHER_H

#include "base/prefix_list.h"
#include "store/store.h"

/* Adds the prefixes of all sentences that @filter lets through. */
int gather_sentences(struct prefix_list *list, struct store *store,
		     const struct sentence_filter *filter, struct error *error);

#endif
