/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is at the other end of the Unix socket: the kernel knows, and cannot be lied to. */
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "api/internal.h"

static bool holds(const gid_t *groups, size_t count, gid_t group)
{
	for (size_t i = 0; i < count; i++) {
		if (groups[i] == group)
			return true;
	}
	return false;
}

/* Supplementary groups; a peer without any has an empty list. */
static bool is_member(int fd, gid_t group)
{
	_cleanup_free_ gid_t *groups = NULL;
	socklen_t size = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0 || errno != ERANGE)
		return false;
	groups = malloc(size);
	if (!groups || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	return holds(groups, size / sizeof(*groups), group);
}

int peer_check(const struct api *api, struct request *request, struct error *error)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (!info || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return error_set(error, -EACCES, "cannot tell who asks");
	request->uid = peer.uid;
	if (peer.uid == 0)
		return 0;
	if (api->group != (gid_t)-1 &&
	    (peer.gid == api->group || is_member(info->connect_fd, api->group)))
		return 0;
	return error_set(error, -EACCES, "only root and the members of the group \"%s\" may ask",
			 api->context.config->api.group);
}
