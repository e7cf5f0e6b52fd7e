/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volume that the CPUs have counted in `recent` and not yet brought to `sources`. */
#ifndef SMTPFENCE_COUNTERS_WAITING_H
#define SMTPFENCE_COUNTERS_WAITING_H

#include "counters/internal.h"
#include "counters/list.h"

struct waiting {
	struct smtpfence_source_key key;
	struct smtpfence_source volume;
	bool taken; /* for the caller */
};

/* One item (struct waiting) a key, in the order of their bytes. */
int waiting_read(struct counters *counters, struct list *ret);

/* The item with that key, or NULL. */
struct waiting *waiting_find(const struct list *list, const struct smtpfence_source_key *key);

#endif
