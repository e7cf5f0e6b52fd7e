/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map `interfaces`: what the datapath counts by, and what a dead daemon leaves to be read. */
#ifndef SMTPFENCE_FENCE_PORT_H
#define SMTPFENCE_FENCE_PORT_H

#include "fence/private.h"

/* Notes what is told; the totals stay. */
int port_put(const struct fence *fence, unsigned int ifindex, enum smtpfence_role role,
	     enum smtpfence_hook hook, enum smtpfence_xdp_reply xdp_reply, struct error *error);

int port_remove(const struct fence *fence, unsigned int ifindex, struct error *error);

/* Calls @fn for every interface that is noted. */
int port_each(const struct fence *fence, void (*fn)(unsigned int ifindex, void *userdata),
	      void *userdata, struct error *error);

#endif
