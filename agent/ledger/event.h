/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as JSON. */
#ifndef SMTPFENCE_LEDGER_EVENT_H
#define SMTPFENCE_LEDGER_EVENT_H

#include <cjson/cJSON.h>

#include "store/store.h"

/* One of the audit trail, as a line of `events -j`. NULL: @error says why. */
cJSON *event_json(struct store *store, const struct audit *audit, struct error *error);

/* The evidence of that prefix, newest first, at most @limit (0: all). */
cJSON *event_evidence(struct store *store, const struct smtpfence_prefix *prefix, size_t limit,
		      struct error *error);

#endif
