/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is left of lists that were replaced, given up or forgotten leaves the store bit by bit,
 * when nobody waits for anything. The next start takes what a crash leaves behind.
 */
#ifndef SMTPFENCE_LEDGER_SWEEP_H
#define SMTPFENCE_LEDGER_SWEEP_H

#include "ledger/internal.h"

/* There may be something. What goes wrong is logged. */
void sweep_later(struct ledger *ledger);

#endif
