/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An entry as it should stand in the kernel: the store knows it, the fence puts it in force. */
#ifndef SMTPFENCE_BASE_ENTRY_H
#define SMTPFENCE_BASE_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "smtpfence/abi.h"

struct entry {
	struct smtpfence_prefix prefix;
	enum smtpfence_action action;
	uint64_t deadline; /* CLOCK_BOOTTIME, ns; 0: none */
};

struct entries {
	struct entry *items; /* owned; in the order of prefix_compare, no prefix twice */
	size_t count;
};

/* Frees what @entries owns and leaves it empty. */
void entries_clear(struct entries *entries);

#endif
