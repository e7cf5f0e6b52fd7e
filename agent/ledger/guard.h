/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holds what a feed says when it says too much at once. */
#ifndef SMTPFENCE_LEDGER_GUARD_H
#define SMTPFENCE_LEDGER_GUARD_H

#include "ledger/internal.h"

/* What a reading of a feed would do. */
struct guard_load {
	size_t blocked; /* new blocks */
	size_t lifted;
	size_t before; /* blocks that it could have lifted */
};

/* 0 or -EBUSY; the error says which limit, and what to do. */
int guard_check(const struct config_guard *guard, const struct guard_load *load,
		struct error *error);

/* 0, or -EBUSY for a prefix that is wider than @widest, which may be NULL: as everywhere. */
int guard_check_width(const struct config_widest *widest, const struct smtpfence_prefix *prefix,
		      struct error *error);

/* Puts "held" into the audit trail, once for every new @problem of the feed. */
int guard_hold(struct ledger *ledger, const char *feed, const struct error *problem,
	       struct error *error);

/* Nothing of the feed is held any more: "released", if something was. */
int guard_release(struct ledger *ledger, const char *feed, struct error *error);

#endif
