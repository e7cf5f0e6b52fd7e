/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <sys/socket.h>

#include "api/clients.h"
#include "base/clock.h"

void clients_init(struct clients *clients)
{
	*clients = (struct clients){};
	TAILQ_INIT(&clients->list);
}

/* (uid_t)-1 for whoever comes over TCP. */
static uid_t uid_of(int fd)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	return peer.uid;
}

static void send_away(struct client *client)
{
	client->leaving = true;
	client->clients->count--;
	client->clients->unread -= client->unread;
	client->unread = 0;
	shutdown(client->fd, SHUT_RDWR);
}

static size_t places_of(const struct clients *clients, uid_t uid)
{
	const struct client *client;
	size_t places = 0;

	TAILQ_FOREACH (client, &clients->list, link) {
		places += !client->leaving && client->uid == uid;
	}
	return places;
}

/* The oldest one of the user who has the most. */
static struct client *find_excess(const struct clients *clients)
{
	struct client *client, *found = NULL;
	size_t most = 0;

	TAILQ_FOREACH (client, &clients->list, link) {
		size_t places = client->leaving ? 0 : places_of(clients, client->uid);

		if (places > most) {
			most = places;
			found = client;
		}
	}
	return found;
}

struct client *clients_add(struct clients *clients, int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	if (clients->count >= CLIENTS_MAX)
		send_away(find_excess(clients));
	*client = (struct client){
		.clients = clients, .fd = fd, .uid = uid_of(fd), .since = clock_boot_ns()};
	TAILQ_INSERT_TAIL(&clients->list, client, link);
	clients->count++;
	return client;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	TAILQ_REMOVE(&client->clients->list, client, link);
	client->clients->count -= !client->leaving;
	client->clients->unread -= client->unread;
	free(client);
}

void client_turn(struct client *client)
{
	client->clients->unread -= client->unread;
	client->unread = 0;
	client->since = clock_boot_ns();
}

/* Who has waited longest to read his. */
static struct client *find_slowest(const struct clients *clients)
{
	struct client *client, *found = NULL;

	TAILQ_FOREACH (client, &clients->list, link) {
		if (client->unread > 0 && (!found || client->since < found->since))
			found = client;
	}
	return found;
}

void client_answer(struct client *client, size_t size)
{
	struct clients *clients = client->clients;

	client_turn(client);
	if (client->leaving)
		return;
	while (clients->unread > 0 && clients->unread + size > CLIENTS_UNREAD_MAX)
		send_away(find_slowest(clients));
	client->unread = size;
	clients->unread += size;
}

void clients_sweep(struct clients *clients, uint64_t now)
{
	struct client *client;

	TAILQ_FOREACH (client, &clients->list, link) {
		if (!client->leaving && now > client->since + CLIENT_PATIENCE_SEC * NSEC_PER_SEC)
			send_away(client);
	}
}
