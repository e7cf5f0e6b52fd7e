/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sockets that the API listens on. */
#ifndef SMTPFENCE_API_SOCKETS_H
#define SMTPFENCE_API_SOCKETS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * A Unix socket at @path, mode 0660, of @group ((gid_t)-1: root's). Its folder is made where it is
 * missing. A socket that a dead daemon left behind is replaced. -EADDRINUSE: somebody answers on
 * it.
 */
int socket_listen_unix(const char *path, gid_t group, int *ret_fd, struct error *error);

/* @host is a numeric address. */
int socket_listen_tcp(const char *host, uint16_t port, int *ret_fd, struct error *error);

#endif
