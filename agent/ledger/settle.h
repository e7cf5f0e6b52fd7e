/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From unblocking to unblocked: when the entry is confirmed gone from the kernel. */
#ifndef SMTPFENCE_LEDGER_SETTLE_H
#define SMTPFENCE_LEDGER_SETTLE_H

#include "base/prefix_list.h"
#include "ledger/internal.h"

/* Of those in @list, whose entries are gone. */
void settle_gone(struct ledger *ledger, const struct prefix_list *list);

/* One whose entry cannot be taken away stays as it is, and is tried again by the next audit. */
void settle_warn(const struct error *error);

/* Of those that something has left behind, one slice; more of them are told to the timer. */
void settle_leftovers(struct ledger *ledger);

#endif
