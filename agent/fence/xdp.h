/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XDP on one interface, held by a pinned bpf_link: it stays when the daemon ends. What is in force
 * is asked of the kernel. A pin alone proves nothing: it outlives its device, and another device
 * may get the same index.
 */
#ifndef SMTPFENCE_FENCE_XDP_H
#define SMTPFENCE_FENCE_XDP_H

#include "fence/netlink.h"
#include "fence/private.h"

struct xdp_state {
	enum smtpfence_hook ours; /* SMTPFENCE_HOOK_NONE: nothing of ours is in force */
	bool foreign;		  /* a program of somebody else is */
};

struct xdp_state xdp_query(const char *bpffs, const struct link *link);

/*
 * Puts @program in force, in the place of an older one of ours in the same mode. The device must
 * have no other XDP program.
 */
int xdp_attach(const char *bpffs, const struct link *link, enum smtpfence_hook hook,
	       const struct program *program, struct error *error);

/* Takes our program and its pin away; 0 also if there is none. */
int xdp_detach(const char *bpffs, unsigned int ifindex, struct error *error);

#endif
