/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit trail as what notices are made from: notify knows nothing of the store. */
#ifndef SMTPFENCE_LEDGER_OUTBOX_H
#define SMTPFENCE_LEDGER_OUTBOX_H

#include "notify/notify.h"
#include "store/store.h"

struct outbox;

int outbox_new(struct store *store, struct outbox **ret, struct error *error);
void outbox_free(struct outbox *outbox);
DEFINE_CLEANUP(struct outbox *, outbox_free)

/* Good as long as @outbox is. */
struct notify_outbox outbox_for_notify(struct outbox *outbox);

#endif
