/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit of each minute: the kernel's maps are compared with the store, and mended. In steps of
 * some milliseconds, between which both change: where they differ they are looked at once more,
 * in one step that plans from the store, reads from the kernel and mends.
 */
#ifndef SMTPFENCE_LEDGER_INSPECT_H
#define SMTPFENCE_LEDGER_INSPECT_H

#include "ledger/internal.h"

/*
 * The next step of the audit that is under way, or the first of one. 1: there is more to do; 0: it
 * is over. It is given up, and done the next time, when the maps were made equal to the store as a
 * whole meanwhile, or while a list is on its way from one to the other: that is no drift.
 */
int inspect_step(struct ledger *ledger, struct error *error);
void inspect_end(struct ledger *ledger);

#endif
