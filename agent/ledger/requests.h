/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What requests by hand have in common. */
#ifndef SMTPFENCE_LEDGER_REQUESTS_H
#define SMTPFENCE_LEDGER_REQUESTS_H

#include "ledger/ledger.h"

#define SOURCE_MANUAL "manual"

#define ACTOR_TEXT_MAX 32

/* "manual uid=0". Returns @text. */
const char *actor_format(const struct ledger_actor *actor, char text[ACTOR_TEXT_MAX]);

#endif
