/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/nats/fleet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/nats/peers.h"

#define BUFFER_SIZE   65536 /* more than the longest message of this benchmark */
#define REQUEST_MAX   2048
#define EVENTS	      256
#define FILES_SPARE   64
#define DELAY_MIN_MS  50
#define DELAY_MAX_MS  500
#define NSEC_PER_MSEC 1000000ULL
#define SID_MESSAGES  1 /* of the subscription for what the consumer delivers */

struct host {
	struct fleet *fleet;
	unsigned int number, attempt; /* they name its inbox */
	int fd;			      /* -1: not connected */
	bool following;
	uint64_t again; /* CLOCK_BOOTTIME, ns: when to connect */
	uint64_t last;	/* sequence in the stream */
	uint64_t deliveries, losses;
	size_t filled;
	char buffer[BUFFER_SIZE];
};

struct fleet {
	int epoll;
	uint16_t port;
	size_t count;
	struct host hosts[];
};

static void send_text(struct host *host, const char *text, size_t length)
{
	/* A few hundred bytes fit into the socket's buffer, or the connection is gone. */
	if (send(host->fd, text, length, MSG_NOSIGNAL) != (ssize_t)length)
		shutdown(host->fd, SHUT_RDWR);
}

static void follow(struct host *host)
{
	char config[REQUEST_MAX / 2], request[REQUEST_MAX];
	int length = snprintf(
		config, sizeof(config),
		"{\"stream_name\":\"" PEERS_STREAM "\",\"config\":{\"deliver_subject\":"
		"\"_INBOX.f%u.%u\",\"deliver_policy\":\"by_start_sequence\",\"opt_start_seq\":%llu,"
		"\"ack_policy\":\"none\",\"max_deliver\":1,\"replay_policy\":\"instant\","
		"\"filter_subject\":\"" PEERS_FILTER "\",\"flow_control\":true,"
		"\"idle_heartbeat\":1000000000,\"mem_storage\":true,\"num_replicas\":1}}",
		host->number, host->attempt, (unsigned long long)host->last + 1);

	length = snprintf(request, sizeof(request),
			  "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,"
			  "\"no_responders\":true}\r\nSUB _INBOX.f%u.%u %d\r\n"
			  "SUB _INBOX.a%u.%u 2\r\nPUB $JS.API.CONSUMER.CREATE." PEERS_STREAM
			  " _INBOX.a%u.%u %d\r\n%s\r\n",
			  host->number, host->attempt, SID_MESSAGES, host->number, host->attempt,
			  host->number, host->attempt, length, config);
	send_text(host, request, (size_t)length);
}

static void connect_later(struct host *host)
{
	uint64_t delay = DELAY_MIN_MS + arc4random_uniform(DELAY_MAX_MS - DELAY_MIN_MS);

	if (host->fd >= 0)
		close(host->fd);
	host->fd = -1;
	host->following = false;
	host->filled = 0;
	host->again = clock_boot_ns() + delay * NSEC_PER_MSEC;
}

static void connect_host(struct host *host)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(host->fleet->port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = host};

	host->attempt++;
	host->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (host->fd < 0 || connect(host->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    epoll_ctl(host->fleet->epoll, EPOLL_CTL_ADD, host->fd, &event) < 0) {
		connect_later(host);
		return;
	}
	follow(host);
}

/* In "$JS.ACK.STREAM.CONSUMER.DELIVERED.SEQUENCE.…" it is the sixth part. */
static uint64_t sequence_of(const char *reply)
{
	for (int i = 0; i < 5 && reply; i++) {
		reply = strchr(reply, '.');
		reply += reply != NULL;
	}
	return reply ? strtoull(reply, NULL, 10) : 0;
}

static void take_message(struct host *host, const char *reply)
{
	uint64_t sequence = sequence_of(reply);

	if (sequence <= host->last)
		return;
	host->losses += sequence - host->last - 1;
	host->deliveries++;
	host->last = sequence;
}

/* Flow control asks whether all that came before was taken. */
static void take_control(struct host *host, const char *reply)
{
	char answer[256];
	int length;

	if (!reply)
		return; /* a heartbeat */
	length = snprintf(answer, sizeof(answer), "PUB %s 0\r\n\r\n", reply);
	send_text(host, answer, (size_t)length);
}

/* "MSG SUBJECT SID [REPLY] SIZE", "HMSG SUBJECT SID [REPLY] HEADERS SIZE". */
static void take_delivery(struct host *host, char *line, const char *payload)
{
	bool headers = *line == 'H';
	char *words[6], *rest = NULL;
	int count = 0, plain = headers ? 5 : 4;
	const char *reply;

	for (char *word = strtok_r(line, " ", &rest); word && count < 6;
	     word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	if (count < plain)
		return;
	reply = count > plain ? words[3] : NULL;
	if (atoi(words[2]) != SID_MESSAGES)
		host->following = !strstr(payload, "\"error\"");
	else if (headers)
		take_control(host, reply);
	else if (reply)
		take_message(host, reply);
}

static size_t payload_size(const char *line)
{
	const char *size = strrchr(line, ' ');

	return size ? strtoull(size, NULL, 10) + 2 : 0;
}

/* How many bytes of @text one whole protocol line with its payload takes; 0: it is not whole. */
static size_t take_one(struct host *host, char *text, size_t length)
{
	char *end = memmem(text, length, "\r\n", 2);
	size_t used, payload = 0;

	if (!end)
		return 0;
	*end = '\0';
	used = (size_t)(end + 2 - text);
	if (strncmp(text, "MSG ", 4) == 0 || strncmp(text, "HMSG ", 5) == 0) {
		payload = payload_size(text);
		if (used + payload > length) {
			*end = '\r';
			return 0;
		}
		text[used + payload - 2] = '\0';
		take_delivery(host, text, text + used);
	} else if (strcmp(text, "PING") == 0) {
		send_text(host, "PONG\r\n", 6);
	}
	return used + payload;
}

static void take_input(struct host *host)
{
	ssize_t got = recv(host->fd, host->buffer + host->filled, BUFFER_SIZE - host->filled,
			   MSG_DONTWAIT);
	size_t used, done = 0;

	if (got <= 0) {
		if (got == 0 || errno != EAGAIN)
			connect_later(host);
		return;
	}
	host->filled += (size_t)got;
	while ((used = take_one(host, host->buffer + done, host->filled - done)) > 0)
		done += used;
	host->filled -= done;
	memmove(host->buffer, host->buffer + done, host->filled);
}

void fleet_run(struct fleet *fleet, int msec)
{
	struct epoll_event events[EVENTS];
	uint64_t now = clock_boot_ns();
	int count;

	for (size_t i = 0; i < fleet->count; i++)
		if (fleet->hosts[i].fd < 0 && fleet->hosts[i].again <= now)
			connect_host(&fleet->hosts[i]);
	count = epoll_wait(fleet->epoll, events, EVENTS, msec);
	for (int i = 0; i < count; i++)
		take_input(events[i].data.ptr);
}

static bool allow_files(size_t count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return false;
	if (limit.rlim_cur >= count)
		return true;
	limit.rlim_cur = count;
	limit.rlim_max = limit.rlim_max < count ? count : limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

struct fleet *fleet_new(size_t hosts, uint16_t port, uint64_t sequence)
{
	struct fleet *fleet = calloc(1, sizeof(*fleet) + hosts * sizeof(struct host));

	if (!fleet || !allow_files(hosts + FILES_SPARE)) {
		free(fleet);
		return NULL;
	}
	fleet->epoll = epoll_create1(EPOLL_CLOEXEC);
	fleet->port = port;
	fleet->count = hosts;
	for (size_t i = 0; i < hosts; i++) {
		fleet->hosts[i].fleet = fleet;
		fleet->hosts[i].number = (unsigned int)i;
		fleet->hosts[i].fd = -1;
		fleet->hosts[i].last = sequence;
	}
	return fleet;
}

void fleet_free(struct fleet *fleet)
{
	if (!fleet)
		return;
	for (size_t i = 0; i < fleet->count; i++)
		if (fleet->hosts[i].fd >= 0)
			close(fleet->hosts[i].fd);
	close(fleet->epoll);
	free(fleet);
}

size_t fleet_following(const struct fleet *fleet)
{
	size_t count = 0;

	for (size_t i = 0; i < fleet->count; i++)
		count += fleet->hosts[i].following;
	return count;
}

size_t fleet_arrived(const struct fleet *fleet, uint64_t sequence)
{
	size_t count = 0;

	for (size_t i = 0; i < fleet->count; i++)
		count += fleet->hosts[i].last >= sequence;
	return count;
}

uint64_t fleet_deliveries(const struct fleet *fleet)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < fleet->count; i++)
		sum += fleet->hosts[i].deliveries;
	return sum;
}

uint64_t fleet_losses(const struct fleet *fleet)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < fleet->count; i++)
		sum += fleet->hosts[i].losses;
	return sum;
}
