/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which hook suits which interface. Pure. */
#ifndef SMTPFENCE_FENCE_PLAN_H
#define SMTPFENCE_FENCE_PLAN_H

#include "config/config.h"
#include "fence/netlink.h"

#define PLAN_HOOKS_MAX 3

struct plan {
	enum smtpfence_hook hooks[PLAN_HOOKS_MAX]; /* to be tried in this order */
	size_t count;				   /* 0: the interface cannot be covered */
	const char *reason;			   /* why the first hook, or why none */
};

struct plan plan_hooks(const struct link *link, const struct config_interface *rule);

/* "native XDP" */
const char *plan_hook_name(enum smtpfence_hook hook);

#endif
