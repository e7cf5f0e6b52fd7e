/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plays the virtual machine monitor: makes a tap in this network namespace, and one named eth0 in
 * the guest's, and carries frames between them, virtio-net headers and GSO frames included. The
 * guest's own kernel then is a real peer behind a real tap.
 *
 * usage: tapwire HOST-TAP GUEST-NAMESPACE-FILE     (says "ready" when both are there)
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The largest GSO frame, its Ethernet header and its virtio-net header. */
#define FRAME_MAX (65536 + 64)

static void die(const char *what)
{
	fprintf(stderr, "tapwire: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int make_tap(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	if (fd < 0)
		die("/dev/net/tun");
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		die(name);
	if (ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0)
		die("TUNSETOFFLOAD");
	return fd;
}

static void enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		die(path);
	close(fd);
}

/* A frame that the other side cannot take now is lost, as on a wire. */
static void carry(int from, int to)
{
	static char frame[FRAME_MAX];
	ssize_t size = read(from, frame, sizeof(frame));

	if (size < 0 && errno != EAGAIN && errno != EIO)
		die("read");
	if (size > 0 && write(to, frame, (size_t)size) < 0 && errno == EBADFD)
		die("write");
}

int main(int argc, char **argv)
{
	struct pollfd ends[2] = {{.events = POLLIN}, {.events = POLLIN}};

	if (argc != 3) {
		fprintf(stderr, "usage: tapwire HOST-TAP GUEST-NAMESPACE-FILE\n");
		return 2;
	}
	ends[0].fd = make_tap(argv[1]);
	enter(argv[2]);
	ends[1].fd = make_tap("eth0");
	puts("ready");
	fclose(stdout);
	while (poll(ends, 2, -1) > 0) {
		if (ends[0].revents)
			carry(ends[0].fd, ends[1].fd);
		if (ends[1].revents)
			carry(ends[1].fd, ends[0].fd);
	}
	die("poll");
}
