/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TC on one interface by a pinned bpf_link (TCX, Linux 6.6), which costs a frame about half of what
 * a filter on clsact does (tc.h) and shares its place with nobody. It stays when the daemon ends.
 * As with XDP, the kernel is asked what is in force, never the pin.
 */
#ifndef SMTPFENCE_FENCE_TCX_H
#define SMTPFENCE_FENCE_TCX_H

#include "fence/private.h"

/*
 * Puts @program in force before all others of that hook, in the place of an older one of ours.
 * -EOPNOTSUPP: this kernel has no TCX.
 */
int tcx_attach(const char *bpffs, unsigned int ifindex, enum smtpfence_hook hook,
	       const struct program *program, struct error *error);

/* Takes our program and its pin away; 0 also if there is none. */
int tcx_detach(const char *bpffs, unsigned int ifindex, enum smtpfence_hook hook,
	       struct error *error);

#endif
