/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only way in which the ledger changes a list: written, audited, noted for the kernel. */
#ifndef SMTPFENCE_LEDGER_RELIST_H
#define SMTPFENCE_LEDGER_RELIST_H

#include "ledger/change.h"

/* @reason of what leaves the list may be NULL: the feed does not name it any more. */
int relist(struct change *change, const char *feed, const struct list_change *list,
	   const char *reason, struct error *error);

/* For a change that is written in another way: what the audit trail says of it … */
int relist_audit(struct change *change, const char *feed, const struct list_change *list,
		 const char *reason, struct error *error);
/* … and the allowlist's entries that lie in its prefixes. -E2BIG: more than a slice; -ENOMEM. */
int relist_exceptions(const struct allowlist *allow, const struct list_change *list,
		      struct prefix_list *ret);

/* Listings whose time is over leave their lists, one slice of them. */
int relist_ended(struct change *change, struct error *error);

#endif
