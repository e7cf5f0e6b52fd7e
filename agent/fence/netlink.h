/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interfaces of this network namespace, over rtnetlink. */
#ifndef SMTPFENCE_FENCE_NETLINK_H
#define SMTPFENCE_FENCE_NETLINK_H

#include <linux/if.h>
#include <linux/types.h>
#include <stddef.h>

#include "base/error.h"

struct mnl_socket;

struct link {
	unsigned int ifindex;
	char name[IFNAMSIZ];
	char kind[16];	     /* "veth", "bridge", …; a tap is a "tun"; empty: hardware, lo */
	unsigned short type; /* ARPHRD_… */
	__u8 xdp_mode;	     /* XDP_ATTACHED_… */
	__u32 xdp_program;   /* id; 0: none, or several at once */
};

struct links {
	struct link *items; /* owned */
	size_t count;
};

void links_clear(struct links *links);

/* All interfaces. -EAGAIN: they change faster than they can be listed. */
int links_read(struct links *ret, struct error *error);

/* One interface. -ENODEV: it is gone. */
int link_read(unsigned int ifindex, struct link *ret, struct error *error);

/* Subscribes to changes; the descriptor becomes readable when there are some. */
int monitor_open(struct mnl_socket **ret, struct error *error);

/* The interfaces that messages were about, without repeats. */
#define MONITOR_CHANGED_MAX 64
struct changed {
	unsigned int ifindex[MONITOR_CHANGED_MAX];
	size_t count;
};

/*
 * Takes what is waiting. The messages only say where to look: what they tell of the interface may
 * be outdated. -ENOBUFS: some were lost, or there are too many: read all interfaces again.
 */
int monitor_drain(struct mnl_socket *monitor, struct changed *ret);

#endif
