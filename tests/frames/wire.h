/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that carry frames for real, in a network namespace of their own, each with a program
 * under test attached and the observer behind it (observer.bpf.c). A frame is sent, then a
 * sentinel; when that has been seen, all is known about the frame. The process stays on one CPU, so
 * that the kernel takes the two in order.
 */
#ifndef SMTPFENCE_TESTS_FRAMES_WIRE_H
#define SMTPFENCE_TESTS_FRAMES_WIRE_H

#include <net/if.h>

#include "build.h"

enum wire_device { WIRE_VETH, WIRE_TAP };

enum wire_hook { WIRE_XDP_NATIVE, WIRE_XDP_GENERIC, WIRE_TC_INGRESS, WIRE_TC_EGRESS };

/* What the virtio-net header before the frame says. */
enum wire_claim {
	WIRE_PLAIN,   /* nothing */
	WIRE_PIECES,  /* only the first 14 bytes need be in one piece */
	WIRE_GSO,     /* TCP to be segmented */
	WIRE_GSO_SUM, /* and the checksum is still to be computed */
};

struct wire {
	char name[IFNAMSIZ];
	int ifindex;
	int fd; /* into which frames are written */
	enum wire_hook hook;
};

/* What the observer has seen since wires_open(). */
struct wire_seen {
	unsigned long long frames, tagged, scattered, segmented;
};

/* The namespace and the observer. Negative errno after a message. */
int wires_open(void);
void wires_close(void);

/*
 * A device with a program at its hook. @program -1: one that passes everything. Negative errno,
 * without a message: this kernel cannot have that.
 */
int wire_open(struct wire *ret_wire, enum wire_device device, enum wire_hook hook, int program);
void wire_close(struct wire *wire);

/*
 * Sends the frame and waits until it came by or was lost. Returns how many came by, or a negative
 * errno if the kernel took none from us.
 */
int wire_carry(const struct wire *wire, const struct built *frame, enum wire_claim claim);

struct wire_seen wires_seen(void);

#endif
