/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TC on one interface where the kernel has no TCX (tcx.h): a filter of fixed handle and priority on
 * clsact. The kernel keeps it until the device goes or moves to another namespace; nothing needs to
 * be pinned.
 */
#ifndef SMTPFENCE_FENCE_TC_H
#define SMTPFENCE_FENCE_TC_H

#include "fence/private.h"

/* Puts @program in force, in the place of an older one of ours. -EEXIST: the place is taken. */
int tc_attach(unsigned int ifindex, enum smtpfence_hook hook, const struct program *program,
	      struct error *error);

/* Takes our filter away and leaves clsact, which others may use; 0 also if there is no filter. */
int tc_detach(unsigned int ifindex, enum smtpfence_hook hook, struct error *error);

#endif
