/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

/* A dump that something changed in the middle of is repeated so often before giving up. */
#define DUMP_ATTEMPTS 100

/* Some thousand messages: a host that starts all its guests at once does not overrun it. */
#define MONITOR_BUFFER_SIZE (4 << 20)

/* The most that the kernel puts into one message of a dump. */
#define RECEIVE_BUFFER_SIZE 32768

static void socket_closep(struct mnl_socket **sock)
{
	if (*sock)
		mnl_socket_close(*sock);
}

void links_clear(struct links *links)
{
	free(links->items);
	*links = (struct links){};
}

static void parse_kind(const struct nlattr *info, struct link *link)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested(attribute,
				 info) if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
		snprintf(link->kind, sizeof(link->kind), "%s", mnl_attr_get_str(attribute));
}

static void parse_xdp(const struct nlattr *xdp, struct link *link)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested(attribute, xdp)
	{
		if (mnl_attr_get_type(attribute) == IFLA_XDP_ATTACHED)
			link->xdp_mode = mnl_attr_get_u8(attribute);
		else if (mnl_attr_get_type(attribute) == IFLA_XDP_PROG_ID)
			link->xdp_program = mnl_attr_get_u32(attribute);
	}
}

static void parse_link(const struct nlmsghdr *header, struct link *ret)
{
	const struct ifinfomsg *message = mnl_nlmsg_get_payload(header);
	const struct nlattr *attribute;

	*ret = (struct link){
		.ifindex = (unsigned int)message->ifi_index,
		.type = message->ifi_type,
	};
	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_IFNAME:
			snprintf(ret->name, sizeof(ret->name), "%s", mnl_attr_get_str(attribute));
			break;
		case IFLA_LINKINFO:
			parse_kind(attribute, ret);
			break;
		case IFLA_XDP:
			parse_xdp(attribute, ret);
			break;
		default:
			break;
		}
	}
}

static int receive(struct mnl_socket *sock, mnl_cb_t callback, void *userdata)
{
	unsigned int port = mnl_socket_get_portid(sock);
	char buffer[RECEIVE_BUFFER_SIZE];
	int r;

	do {
		ssize_t length = mnl_socket_recvfrom(sock, buffer, sizeof(buffer));

		if (length < 0)
			return -errno;
		r = mnl_cb_run(buffer, (size_t)length, 0, port, callback, userdata);
		if (r < 0)
			return -errno;
	} while (r != MNL_CB_STOP);
	return 0;
}

/* Asks for one interface, or with @flags NLM_F_DUMP for all; -EINTR: they changed meanwhile. */
static int request(unsigned int ifindex, __u16 flags, mnl_cb_t callback, void *userdata)
{
	_cleanup_(socket_closep) struct mnl_socket *sock =
		mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	char buffer[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct ifinfomsg)) + MNL_ATTR_HDRLEN +
		    sizeof(__u32)];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *message;

	header->nlmsg_type = RTM_GETLINK;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->ifi_family = AF_UNSPEC;
	message->ifi_index = (int)ifindex;
	mnl_attr_put_u32(header, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(sock, header, header->nlmsg_len) < 0)
		return -errno;
	return receive(sock, callback, userdata);
}

static int collect_link(const struct nlmsghdr *header, void *userdata)
{
	struct links *links = userdata;
	struct link *items;

	items = reallocarray(links->items, links->count + 1, sizeof(*items));
	if (!items)
		return MNL_CB_ERROR; /* errno is ENOMEM */
	links->items = items;
	parse_link(header, &items[links->count++]);
	return MNL_CB_OK;
}

int links_read(struct links *ret, struct error *error)
{
	int r = -EINTR;

	for (int i = 0; i < DUMP_ATTEMPTS && r == -EINTR; i++) {
		links_clear(ret);
		r = request(0, NLM_F_DUMP, collect_link, ret);
	}
	if (r == 0)
		return 0;
	links_clear(ret);
	if (r == -EINTR)
		return error_set(error, -EAGAIN,
				 "interfaces come and go faster than they can be listed");
	return error_set(error, r, "cannot list the interfaces: %s", strerror(-r));
}

static int take_link(const struct nlmsghdr *header, void *userdata)
{
	parse_link(header, userdata);
	return MNL_CB_STOP;
}

int link_read(unsigned int ifindex, struct link *ret, struct error *error)
{
	int r = request(ifindex, 0, take_link, ret);

	if (r < 0)
		return error_set(error, r, "cannot ask for interface %u: %s", ifindex,
				 strerror(-r));
	return 0;
}

int monitor_open(struct mnl_socket **ret, struct error *error)
{
	_cleanup_(socket_closep) struct mnl_socket *sock =
		mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	const int size = MONITOR_BUFFER_SIZE;

	if (!sock || mnl_socket_bind(sock, RTMGRP_LINK, MNL_SOCKET_AUTOPID))
		return error_set(error, -errno, "cannot watch the interfaces: %s", strerror(errno));
	/* Where it is refused the buffer overruns sooner, and all is read again sooner. */
	setsockopt(mnl_socket_get_fd(sock), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	*ret = STEAL(sock);
	return 0;
}

static int note_change(const struct nlmsghdr *header, void *userdata)
{
	const struct ifinfomsg *message = mnl_nlmsg_get_payload(header);
	unsigned int ifindex = (unsigned int)message->ifi_index;
	struct changed *changed = userdata;

	if (header->nlmsg_type != RTM_NEWLINK && header->nlmsg_type != RTM_DELLINK)
		return MNL_CB_OK;
	for (size_t i = 0; i < changed->count; i++)
		if (changed->ifindex[i] == ifindex)
			return MNL_CB_OK;
	if (changed->count == MONITOR_CHANGED_MAX) {
		errno = ENOBUFS;
		return MNL_CB_ERROR;
	}
	changed->ifindex[changed->count++] = ifindex;
	return MNL_CB_OK;
}

int monitor_drain(struct mnl_socket *monitor, struct changed *ret)
{
	char buffer[RECEIVE_BUFFER_SIZE];
	bool lost = false;

	*ret = (struct changed){};
	for (;;) {
		ssize_t length = mnl_socket_recvfrom(monitor, buffer, sizeof(buffer));

		if (length < 0 && errno != ENOBUFS)
			break;
		if (length < 0 || mnl_cb_run(buffer, (size_t)length, 0, 0, note_change, ret) < 0)
			lost = true;
	}
	if (errno != EAGAIN)
		return -errno;
	return lost ? -ENOBUFS : 0;
}
