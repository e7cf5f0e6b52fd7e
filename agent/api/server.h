/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One listening socket, served inside the event loop. */
#ifndef SMTPFENCE_API_SERVER_H
#define SMTPFENCE_API_SERVER_H

#include "api/internal.h"

enum server_kind {
	SERVER_SOCKET,	 /* Unix: every route, the peer is checked */
	SERVER_LISTENER, /* TCP: public routes, for everyone */
};

/* Takes @fd over, a listening socket, also when it fails. */
int server_new(sd_event *event, struct api *api, enum server_kind kind, int fd, struct server **ret,
	       struct error *error);
void server_free(struct server *server);
DEFINE_CLEANUP(struct server *, server_free)

/* Something has happened that requests may wait for: they are asked again soon. */
void server_wake(struct server *server);

#endif
