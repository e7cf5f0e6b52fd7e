/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prefixes to be worked on: what is walked somewhere may not be changed there meanwhile. */
#ifndef SMTPFENCE_BASE_PREFIX_LIST_H
#define SMTPFENCE_BASE_PREFIX_LIST_H

#include <stddef.h>

#include "smtpfence/abi.h"

struct prefix_list {
	struct smtpfence_prefix *items; /* owned */
	size_t count;
};

/* 0 or -ENOMEM. */
int prefix_list_add(struct prefix_list *list, const struct smtpfence_prefix *prefix);
void prefix_list_clear(struct prefix_list *list);

#endif
