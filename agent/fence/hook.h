/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One interface: the hook that it should have, in force. */
#ifndef SMTPFENCE_FENCE_HOOK_H
#define SMTPFENCE_FENCE_HOOK_H

#include "fence/netlink.h"
#include "fence/private.h"

/*
 * Covers @link as @rule says and describes the outcome, which may be that it could not. Whatever
 * of ours was in force before stays so until the new hook is, and stays for good when none can be
 * put in its place.
 */
struct fence_interface hook_cover(const struct fence *fence, const struct link *link,
				  const struct config_interface *rule);

/* Takes away what is ours on an interface; 0 also if nothing is. */
int hook_release(const char *bpffs, unsigned int ifindex, struct error *error);

/* Removes what is pinned for a device that is gone, or in another namespace. */
int hook_clear_pins(const char *bpffs, unsigned int ifindex, struct error *error);

#endif
