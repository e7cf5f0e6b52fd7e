/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mode that was set at run time, as long as the configuration's own stays as it was then. */
#ifndef SMTPFENCE_LEDGER_MODE_H
#define SMTPFENCE_LEDGER_MODE_H

#include "ledger/internal.h"

/* Puts it in force, or the configuration's. */
int mode_apply(struct ledger *ledger, struct error *error);

#endif
