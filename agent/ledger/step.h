/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only way in which the ledger changes a sentence: policy's step, written and audited. */
#ifndef SMTPFENCE_LEDGER_STEP_H
#define SMTPFENCE_LEDGER_STEP_H

#include "ledger/change.h"
#include "ledger/sentence_reader.h"
#include "policy/policy.h"

/* The sentence of @prefix, or one that was never heard of. */
int step_load(struct ledger *ledger, const struct smtpfence_prefix *prefix, struct sentence *ret,
	      struct error *error);
/* The same for many, one after the other. */
int step_read(struct sentence_reader *reader, const struct smtpfence_prefix *prefix,
	      struct sentence *ret, struct error *error);

/*
 * Takes @sentence through what happens. Returns the effects (enum policy_effect); evidence that
 * tells nothing new is none.
 */
int step_take(struct change *change, struct sentence *sentence, const struct policy_case *happens,
	      const struct cause *cause, struct error *error);

/* The same for all that @filter lets through. Returns how many there were. */
int step_take_each(struct change *change, const struct sentence_filter *filter,
		   enum policy_event event, const struct cause *cause, struct error *error);

#endif
