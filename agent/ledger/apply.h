/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each kind of feed does to the ledger. Both return as ledger_apply does. */
#ifndef SMTPFENCE_LEDGER_APPLY_H
#define SMTPFENCE_LEDGER_APPLY_H

#include "ledger/internal.h"

int apply_scores(struct ledger *ledger, const struct config_feed *feed,
		 const struct feed_batch *batch, struct error *error);
int apply_list(struct ledger *ledger, const struct config_feed *feed,
	       const struct feed_batch *batch, struct error *error);

#endif
