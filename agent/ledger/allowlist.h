/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is never blocked: the configuration's allowlist and the one made at run time, as one. */
#ifndef SMTPFENCE_LEDGER_ALLOWLIST_H
#define SMTPFENCE_LEDGER_ALLOWLIST_H

#include "config/config.h"
#include "store/store.h"

struct allowlist {
	struct smtpfence_prefix *items; /* owned; in the order of prefix_compare, unique */
	size_t count;
	bool lengths[129]; /* which ones occur */
};

/* @ret is overwritten. */
int allowlist_load(const struct config_prefixes *config, struct store *store, struct allowlist *ret,
		   struct error *error);
void allowlist_clear(struct allowlist *allow);

bool allowlist_equals(const struct allowlist *allow, const struct allowlist *other);

/* @prefix itself is on it. */
bool allowlist_has(const struct allowlist *allow, const struct smtpfence_prefix *prefix);

/* @prefix itself or one that it lies in is on it. */
bool allowlist_covers(const struct allowlist *allow, const struct smtpfence_prefix *prefix);

/* The index, from @from on, of the next item that lies in @prefix without being it; count: none. */
size_t allowlist_inside(const struct allowlist *allow, const struct smtpfence_prefix *prefix,
			size_t from);

/* The index of the first item that does not stand before @prefix. */
size_t allowlist_seek(const struct allowlist *allow, const struct smtpfence_prefix *prefix);

/* @prefix stands in the configuration, word for word. */
bool allowlist_configured(const struct config_prefixes *config,
			  const struct smtpfence_prefix *prefix);

#endif
