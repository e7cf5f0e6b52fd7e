/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bulk TCP from a guest over its veth, the bridge and the uplink to a sink: as much as goes, in
 * turns of some 10 ms over connections that stand.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "datapath.h"
#include "tax.h"

#define ROUNDS	  301
#define TURN	  10000000.0 /* ns */
#define CHUNK	  131072     /* bytes a write and a read */
#define LIMIT	  0.97
#define SINK	  "203.0.113.25" /* tests/lib/host.bash */
#define SINK_PORT 443

struct connection {
	int guest, sink;
	pthread_t reader;
	atomic_ullong read;	    /* bytes that have come */
	unsigned long long written; /* bytes that were sent */
};

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

/* A socket stays in the namespace in which it was made. */
static int socket_in(const char *name)
{
	_cleanup_close_ int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int there = -1;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	there = open(path, O_RDONLY | O_CLOEXEC);
	if (here < 0 || there < 0 || setns(there, CLONE_NEWNET) < 0)
		die(path);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setns(here, CLONE_NEWNET) < 0)
		die("socket");
	return fd;
}

/*
 * Sender and sink, and all that the kernel does between them, on one CPU: so no work hides on
 * another one that would have been idle.
 */
static void share_one_cpu(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? 0 : cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		die("sched_setaffinity");
}

static void *read_all(void *what)
{
	struct connection *connection = what;
	static _Thread_local char buffer[CHUNK];
	ssize_t size;

	while ((size = read(connection->sink, buffer, sizeof(buffer))) > 0)
		connection->read += size;
	return NULL;
}

static void open_connection(struct connection *connection, int listener,
			    const struct sockaddr_in *sink, enum attached attached)
{
	char guest[32];

	snprintf(guest, sizeof(guest), "guest-%s", port_suffix(attached));
	*connection = (struct connection){.guest = socket_in(guest)};
	if (connect(connection->guest, (const struct sockaddr *)sink, sizeof(*sink)) < 0)
		die(guest);
	connection->sink = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (connection->sink < 0 ||
	    pthread_create(&connection->reader, NULL, read_all, connection) != 0)
		die("sink");
}

static void close_connection(struct connection *connection)
{
	close(connection->guest);
	pthread_join(connection->reader, NULL);
	close(connection->sink);
}

static void write_for(struct connection *connection, double end)
{
	static char buffer[CHUNK];
	ssize_t size;

	while (now_ns(CLOCK_MONOTONIC) < end) {
		size = write(connection->guest, buffer, sizeof(buffer));
		if (size < 0)
			die("guest");
		connection->written += size;
	}
	while (connection->read < connection->written)
		sched_yield();
}

/*
 * All has arrived when the clock stops. The CPU time is that of sender and sink, in whose name the
 * kernel does nearly all that happens in between.
 */
static struct cost send_bulk(const void *what)
{
	struct connection *connection = (struct connection *)(uintptr_t)what;
	unsigned long long before = connection->written;
	double wall = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID), bytes;

	write_for(connection, wall + TURN);
	bytes = connection->written - before;
	return (struct cost){
		.wall = (now_ns(CLOCK_MONOTONIC) - wall) / bytes,
		.cpu = (now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu) / bytes,
	};
}

static int listen_at(const struct sockaddr_in *address)
{
	int fd = socket_in("internet");

	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
	    listen(fd, ATTACHED) < 0)
		die("sink");
	return fd;
}

bool bench_veth(void)
{
	struct sockaddr_in sink = {.sin_family = AF_INET, .sin_port = htons(SINK_PORT)};
	struct connection connections[ATTACHED];
	struct tax tax = {
		.load = "veth, bulk TCP",
		.measure = send_bulk,
		.rate = GBIT_A_CPU_SECOND,
		.by_the_clock = GBIT_A_SECOND,
		.limit = LIMIT,
	};
	int i, listener;
	bool ok;

	inet_pton(AF_INET, SINK, &sink.sin_addr);
	listener = listen_at(&sink);
	share_one_cpu();
	for (i = 0; i < ATTACHED; i++) {
		open_connection(&connections[i], listener, &sink, i);
		tax.ports[i] = &connections[i];
	}
	close(listener);
	ok = levy(&tax, ROUNDS);
	for (i = 0; i < ATTACHED; i++)
		close_connection(&connections[i]);
	return ok;
}
