/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which hook suits which interface. Pure. */
#ifndef SMTPFENCE_FENCE_PLAN_H
#define SMTPFENCE_FENCE_PLAN_H

#include <stdbool.h>

#include "config/config.h"
#include "fence/netlink.h"

#define PLAN_HOOKS_MAX 3

struct plan {
	enum smtpfence_hook hooks[PLAN_HOOKS_MAX]; /* to be tried in this order */
	size_t count;				   /* 0: the interface cannot be covered */
	const char *reason;			   /* why the first hook, or why none */
};

bool plan_is_xdp(enum smtpfence_hook hook);

struct plan plan_hooks(const struct link *link, const struct config_interface *rule);

/* How XDP answers there, should @hook be XDP. */
enum smtpfence_xdp_reply plan_xdp_reply(const struct link *link, enum smtpfence_hook hook);

/* What `on_block: reset` cannot do there, to follow the reason; NULL: nothing. */
const char *plan_reset_caveat(const struct link *link, enum smtpfence_hook hook);

/* "native XDP" */
const char *plan_hook_name(enum smtpfence_hook hook);

#endif
