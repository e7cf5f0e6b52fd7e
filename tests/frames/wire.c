/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <linux/if_link.h>

#include "base/cleanup.h"
#include "observer.h"
#include "run.h"
#include "skel/observer.skel.h"

#define MTU		  65535
#define MTU_WITHOUT_FRAGS 3000 /* more, and native XDP does not attach */
#define SEGMENT		  512
#define TCP_HEADER	  20
#define TCP_CHECKSUM	  16 /* its offset (RFC 9293, section 3.1) */
#define PATIENCE	  30 /* seconds */

static struct observer *observer;
static int wire_count;

static int command(const char *format, const char *name, int number)
{
	char text[256];

	snprintf(text, sizeof(text), format, name, number);
	return system(text) == 0 ? 0 : -EIO;
}

/* IPv6 would say something on every device of its own accord. */
static int silence_ipv6(void)
{
	_cleanup_close_ int fd =
		open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, "1", 1) == 1 ? 0 : -errno;
}

int wires_open(void)
{
	int r = unshare(CLONE_NEWNET) == 0 ? 0 : -errno;

	if (r == 0)
		r = silence_ipv6();
	if (r == 0)
		r = stay_on_this_cpu();
	if (r == 0) {
		observer = observer__open();
		r = observer ? 0 : -errno;
	}
	if (r == 0 && kernel_has_frags())
		r = bpf_program__set_flags(observer->progs.pass, BPF_F_XDP_HAS_FRAGS);
	if (r == 0)
		r = observer__load(observer);
	if (r < 0)
		fprintf(stderr, "no namespace with an observer: %s\n", strerror(-r));
	return r;
}

void wires_close(void)
{
	observer__destroy(observer);
	observer = NULL;
}

static int make_tap(struct wire *wire)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};

	memcpy(request.ifr_name, wire->name, sizeof(request.ifr_name));
	wire->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (wire->fd < 0 || ioctl(wire->fd, TUNSETIFF, &request) < 0)
		return -errno;
	return command("ip link set %s up", wire->name, 0);
}

/* Into the device itself what is to leave by it, into its peer what is to come in. */
static int make_veth(struct wire *wire)
{
	bool small = wire->hook == WIRE_XDP_NATIVE && !kernel_has_frags();
	struct sockaddr_ll address = {.sll_family = AF_PACKET};
	char from[2 * IFNAMSIZ];
	int r, yes = 1;

	r = command("ip link add %1$s mtu %2$d type veth peer name %1$s.peer mtu %2$d && "
		    "ip link set %1$s up && ip link set %1$s.peer up",
		    wire->name, small ? MTU_WITHOUT_FRAGS : MTU);
	if (r < 0)
		return r;
	snprintf(from, sizeof(from), "%s%s", wire->name,
		 wire->hook == WIRE_TC_EGRESS ? "" : ".peer");
	address.sll_ifindex = (int)if_nametoindex(from);
	wire->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (wire->fd < 0 ||
	    setsockopt(wire->fd, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof(yes)) < 0 ||
	    bind(wire->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return 0;
}

static int attach_filter(const struct wire *wire, int program, int priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = wire->ifindex,
		    .attach_point = wire->hook == WIRE_TC_EGRESS ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program, .handle = SMTPFENCE_TC_HANDLE,
		    .priority = priority);
	int r = bpf_tc_hook_create(&hook);

	return r < 0 && r != -EEXIST ? r : bpf_tc_attach(&hook, &options);
}

static int attach_program(const struct wire *wire, int program)
{
	switch (wire->hook) {
	case WIRE_XDP_NATIVE:
	case WIRE_XDP_GENERIC:
		if (program < 0)
			program = bpf_program__fd(observer->progs.pass);
		return bpf_xdp_attach(wire->ifindex, program,
				      wire->hook == WIRE_XDP_NATIVE ? XDP_FLAGS_DRV_MODE
								    : XDP_FLAGS_SKB_MODE,
				      NULL);
	default:
		return program < 0 ? 0 : attach_filter(wire, program, SMTPFENCE_TC_PRIORITY);
	}
}

int wire_open(struct wire *ret_wire, enum wire_device device, enum wire_hook hook, int program)
{
	struct wire *wire = ret_wire;
	int r;

	*wire = (struct wire){.fd = -1, .hook = hook};
	snprintf(wire->name, sizeof(wire->name), "wire%d", wire_count++);
	r = device == WIRE_TAP ? make_tap(wire) : make_veth(wire);
	if (r < 0)
		return r;
	wire->ifindex = (int)if_nametoindex(wire->name);
	r = attach_program(wire, program);
	if (r < 0)
		return r;
	return attach_filter(wire, bpf_program__fd(observer->progs.observe),
			     SMTPFENCE_TC_PRIORITY + 1);
}

/* The namespace takes the devices along when the process ends. */
void wire_close(struct wire *wire)
{
	closep(&wire->fd);
	wire->fd = -1;
}

static struct virtio_net_hdr header_of(const struct built *frame, enum wire_claim claim)
{
	struct virtio_net_hdr header = {0};

	if (claim == WIRE_PLAIN)
		return header;
	header.hdr_len = ETH_HLEN;
	if (claim == WIRE_PIECES)
		return header;
	header.hdr_len = frame->tcp + TCP_HEADER;
	if (header.hdr_len > frame->length)
		header.hdr_len = frame->length;
	header.gso_type = frame->is_ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
	header.gso_size = SEGMENT;
	if (claim == WIRE_GSO_SUM) {
		header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		header.csum_start = frame->tcp;
		header.csum_offset = TCP_CHECKSUM;
	}
	return header;
}

static int send_frame(const struct wire *wire, const uint8_t *bytes, size_t length,
		      struct virtio_net_hdr header)
{
	struct iovec parts[] = {{&header, sizeof(header)}, {(void *)(uintptr_t)bytes, length}};

	/* ENOBUFS is how a packet socket learns that a filter took the frame. */
	if (writev(wire->fd, parts, ARRAY_SIZE(parts)) >= 0 || errno == ENOBUFS)
		return 0;
	return -errno;
}

static volatile struct observer__bss *seen(void)
{
	return observer->bss;
}

static void await_sentinel(const struct wire *wire)
{
	static const uint8_t sentinel[60] = {2,
					     0,
					     0,
					     0,
					     0,
					     1,
					     2,
					     0,
					     0,
					     0,
					     0,
					     2,
					     OBSERVER_SENTINEL >> 8,
					     OBSERVER_SENTINEL & 0xff};
	unsigned long long before = seen()->sentinels;
	time_t end = time(NULL) + PATIENCE;

	if (send_frame(wire, sentinel, sizeof(sentinel), (struct virtio_net_hdr){0}) < 0) {
		fprintf(stderr, "%s: %s\n", wire->name, strerror(errno));
		abort();
	}
	while (seen()->sentinels == before) {
		if (time(NULL) > end) {
			fprintf(stderr, "%s lost a sentinel\n", wire->name);
			abort();
		}
		sched_yield();
	}
}

int wire_carry(const struct wire *wire, const struct built *frame, enum wire_claim claim)
{
	unsigned long long before = seen()->frames;
	int r = send_frame(wire, frame->bytes, frame->length, header_of(frame, claim));

	if (r < 0)
		return r;
	await_sentinel(wire);
	return (int)(seen()->frames - before);
}

struct wire_seen wires_seen(void)
{
	return (struct wire_seen){seen()->frames, seen()->tagged, seen()->scattered,
				  seen()->segmented};
}
