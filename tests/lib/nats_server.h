/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A real nats-server for a test program, with a store of its own in a folder of its own, on
 * loopback in a network namespace of its own. To be included behind cmocka.h.
 */
#ifndef SMTPFENCE_TESTS_NATS_SERVER_H
#define SMTPFENCE_TESTS_NATS_SERVER_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <nats/nats.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define NATS_PATIENCE_NS (20 * NSEC_PER_SEC)
#define NATS_URL	 "nats://127.0.0.1:4222"

static char nats_folder[64]; /* the working directory, too */

struct nats_server {
	const char *name; /* of its configuration, NAME.conf */
	uint16_t port;
	pid_t pid;
};

static inline int nats_begin(void)
{
	strcpy(nats_folder, "/tmp/smtpfence-nats.XXXXXX");
	return unshare(CLONE_NEWNET) < 0 || system("ip link set lo up") != 0 ||
			       !mkdtemp(nats_folder) || chdir(nats_folder) < 0
		       ? -1
		       : 0;
}

static inline int nats_end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", nats_folder);
	return system(command);
}

static inline void nats_write(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static inline void nats_server_wait(const struct nats_server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(server->port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	uint64_t end = clock_boot_ns() + NATS_PATIENCE_NS;

	while (clock_boot_ns() < end) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int r = connect(fd, (struct sockaddr *)&address, sizeof(address));

		close(fd);
		if (r == 0)
			return;
		assert_int_equal(waitpid(server->pid, NULL, WNOHANG), 0);
		usleep(10000);
	}
	fail_msg("nats-server %s does not listen", server->name);
}

static inline void nats_server_start(struct nats_server *server)
{
	char file[64], log[64];
	char *arguments[] = {"nats-server", "-c", file, "-l", log, NULL};
	char *environment[] = {NULL};

	snprintf(file, sizeof(file), "%s.conf", server->name);
	snprintf(log, sizeof(log), "%s.log", server->name);
	assert_int_equal(posix_spawn(&server->pid, "/usr/sbin/nats-server", NULL, NULL, arguments,
				     environment),
			 0);
	nats_server_wait(server);
}

static inline void nats_server_stop(struct nats_server *server)
{
	kill(server->pid, SIGTERM);
	assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
}

/* A client that puts things into buckets. */
struct nats_client {
	natsConnection *connection;
	jsCtx *context;
};

static inline struct nats_client nats_client_open(const char *url, const char *domain)
{
	struct nats_client client = {};
	uint64_t end = clock_boot_ns() + NATS_PATIENCE_NS;
	jsOptions options;

	assert_int_equal(natsConnection_ConnectTo(&client.connection, url), NATS_OK);
	jsOptions_Init(&options);
	options.Domain = domain;
	assert_int_equal(natsConnection_JetStream(&client.context, client.connection, &options),
			 NATS_OK);
	/* JetStream may begin later than the server listens. */
	for (jsAccountInfo *info = NULL; clock_boot_ns() < end; usleep(20000)) {
		natsStatus s = js_GetAccountInfo(&info, client.context, NULL, NULL);

		jsAccountInfo_Destroy(info);
		if (s == NATS_OK)
			return client;
	}
	fail_msg("%s: no JetStream", url);
	return client;
}

static inline void nats_client_close(struct nats_client *client)
{
	natsConnection_Close(client->connection);
	jsCtx_Destroy(client->context);
	natsConnection_Destroy(client->connection);
}

static inline void nats_make_bucket(const struct nats_client *client, kvConfig *config)
{
	kvStore *store = NULL;

	assert_int_equal(js_CreateKeyValue(&store, client->context, config), NATS_OK);
	kvStore_Destroy(store);
}

static inline void nats_put(const struct nats_client *client, const char *subject,
			    const char *value)
{
	assert_int_equal(
		js_Publish(NULL, client->context, subject, value, (int)strlen(value), NULL, NULL),
		NATS_OK);
}

#endif
