/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is connected to a server, and who has to go when it gets crowded.
 *
 * A new connection always gets in. Where all places are taken, the user with the most of them loses
 * his oldest; so nobody who keeps connections open, or reads his answers slowly, locks others out.
 * Whoever has to go is shut down: the HTTP server sees the end of the connection and lets go of it.
 */
#ifndef SMTPFENCE_API_CLIENTS_H
#define SMTPFENCE_API_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

/* Open at the same time. */
#define CLIENTS_MAX 200
/* Answers that wait to be read, of all clients together. */
#define CLIENTS_UNREAD_MAX ((size_t)32 * 1024 * 1024)
/* For sending one request, and for reading one answer. */
#define CLIENT_PATIENCE_SEC 30

struct clients;

struct client {
	TAILQ_ENTRY(client) link;
	struct clients *clients;
	int fd; /* the HTTP server's */
	uid_t uid;
	uint64_t since; /* CLOCK_BOOTTIME, ns: when it connected, or began what it is at */
	size_t unread;	/* bytes of the answer that is on its way */
	bool leaving;
};

struct clients {
	TAILQ_HEAD(client_list, client) list; /* oldest first */
	size_t count;			      /* of these, not leaving */
	size_t unread;
};

void clients_init(struct clients *clients);

/* Makes room, and takes the client in. NULL: out of memory. */
struct client *clients_add(struct clients *clients, int fd);

/* The connection is gone, or about to be closed. */
void client_free(struct client *client);

/* It begins something else: to send a request, or to be idle. */
void client_turn(struct client *client);

/* An answer of that size is on its way; until client_turn. */
void client_answer(struct client *client, size_t size);

/* Sends away who has been at it for too long. */
void clients_sweep(struct clients *clients, uint64_t now);

#endif
