/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames written to a tap, as a virtual machine monitor does: the write alone. Behind the tap is
 * no bridge, and the frames are for somebody else, so that the stack drops them at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#include "base/cleanup.h"
#include "datapath.h"
#include "frames/build.h"
#include "tax.h"

#define ROUNDS	     401
#define SEGMENT	     1448 /* bytes of payload: an MTU of 1500, TCP timestamps */
#define TCP_HEADER   20
#define TCP_CHECKSUM 16 /* its offset (RFC 9293, section 3.1) */

struct written {
	const char *load;
	const char *frame;
	bool gso;
	unsigned int writes; /* a turn: about a millisecond */
	double limit;
};

static const struct written loads[] = {
	{"tap, 60 kB GSO frames", "ip4 tcp:443,ack fill:60000", true, 500, 0.93},
	{"tap, 60 B frames", "ip4 tcp:443,ack fill:60", false, 2500, 0.90},
};

struct port {
	int fd;
	unsigned int writes;
	struct virtio_net_hdr header;
	const struct built *frame;
};

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_tap(enum attached attached)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "tap-%s", port_suffix(attached));
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		die(request.ifr_name);
	return fd;
}

/* What a guest's driver says of a frame that is still to be cut up, and whose checksum is open. */
static struct virtio_net_hdr gso_header(const struct built *frame)
{
	return (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = frame->tcp + TCP_HEADER,
		.gso_size = SEGMENT,
		.csum_start = frame->tcp,
		.csum_offset = TCP_CHECKSUM,
	};
}

static double now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static struct cost write_frames(const void *what)
{
	const struct port *port = what;
	const struct iovec parts[] = {
		{(void *)(uintptr_t)&port->header, sizeof(port->header)},
		{(void *)(uintptr_t)port->frame->bytes, port->frame->length},
	};
	double wall = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
	unsigned int i;

	for (i = 0; i < port->writes; i++)
		if (writev(port->fd, parts, ARRAY_SIZE(parts)) < 0)
			die("write to a tap");
	return (struct cost){
		.wall = (now_ns(CLOCK_MONOTONIC) - wall) / port->writes,
		.cpu = (now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) / port->writes,
	};
}

static bool bench_load(const struct written *load, const int fds[ATTACHED])
{
	struct tax tax = {
		.load = load->load,
		.measure = write_frames,
		.rate = FRAMES_A_CPU_SECOND,
		.by_the_clock = FRAMES_A_SECOND,
		.limit = load->limit,
	};
	struct port ports[ATTACHED];
	static struct built frame;
	enum attached of;

	build_frame(&frame, load->frame);
	for (of = 0; of < ATTACHED; of++) {
		ports[of] = (struct port){fds[of], load->writes, {0}, &frame};
		if (load->gso)
			ports[of].header = gso_header(&frame);
		tax.ports[of] = &ports[of];
	}
	return levy(&tax, ROUNDS);
}

bool bench_tap(void)
{
	int fds[ATTACHED];
	bool ok = true;
	size_t i;

	for (i = 0; i < ATTACHED; i++)
		fds[i] = open_tap(i);
	for (i = 0; i < ARRAY_SIZE(loads); i++)
		ok &= bench_load(&loads[i], fds);
	for (i = 0; i < ATTACHED; i++)
		close(fds[i]);
	return ok;
}
