/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mode that was set at run time, as long as the configuration's own stays as it was then. */
#ifndef SMTPFENCE_LEDGER_MODE_H
#define SMTPFENCE_LEDGER_MODE_H

#include "ledger/internal.h"

/* Behind fence_configure, which has put the configuration's mode in force. */
int mode_restore(struct ledger *ledger, struct error *error);

#endif
