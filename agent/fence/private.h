/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this folder share. */
#ifndef SMTPFENCE_FENCE_PRIVATE_H
#define SMTPFENCE_FENCE_PRIVATE_H

#include <limits.h>
#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/error.h"
#include "fence/fence.h"

struct smtpfence_bpf;
struct mnl_socket;

/* The programs that are attached; the id is how the kernel tells what stands where. */
struct program {
	int fd;
	__u32 id;
};

struct watch {
	struct mnl_socket *monitor;
	sd_event_source *io, *timer;
	fence_interface_fn fn;
	void *userdata;
	struct fence_interface *items; /* owned */
	size_t count;
};

struct fence {
	const struct config *config; /* borrowed: its interface rules */
	char bpffs[PATH_MAX];
	struct smtpfence_bpf *skeleton;
	bool staged; /* the pins stand below <bpffs>/next until every hook has moved over */
	struct program xdp, tc_ingress, tc_egress;
	struct smtpfence_settings settings; /* as the map holds them */
	struct watch watch;
};

/* Ends the watching and leaves every hook in force. */
void watch_stop(struct watch *watch);

#endif
