/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/nats/peers.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "nats/key.h"

#define BLOCKS_PATH "/sys/fs/bpf/smtpfence/blocks" /* of the sandbox */
#define PATIENCE_NS (30 * NSEC_PER_SEC)
#define POLL_USEC   20000
#define IPV4_RANGE  0xc6120000U /* 198.18.0.0/15 */
#define VALUE_MAX   256
#define PATH_SIZE   256

static bool write_file(const struct peers *peers, const char *name, const char *format)
{
	char path[PATH_SIZE];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", peers->folder, name);
	file = fopen(path, "we");
	if (!file) {
		perror(path);
		return false;
	}
	fprintf(file, format, peers->folder, PEERS_PORT);
	return fclose(file) == 0;
}

static pid_t start_program(const struct peers *peers, const char *program, const char *option,
			   const char *config)
{
	char path[PATH_SIZE], log[PATH_SIZE];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	snprintf(path, sizeof(path), "%s/%s", peers->folder, config);
	snprintf(log, sizeof(log), "%s/log", peers->folder);
	/* Without "e": they have to stay open in the program. */
	if (freopen(log, "a", stdout) && freopen(log, "a", stderr))
		execl(program, program, option, path, (char *)NULL);
	_exit(127);
}

static bool is_listening(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(PEERS_PORT),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool listening = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	close(fd);
	return listening;
}

bool peers_start_server(struct peers *peers)
{
	uint64_t end = clock_boot_ns() + PATIENCE_NS;

	peers->server = start_program(peers, "/usr/sbin/nats-server", "-c", "server.conf");
	while (!is_listening()) {
		if (clock_boot_ns() > end || waitpid(peers->server, NULL, WNOHANG) != 0) {
			fprintf(stderr, "nats-server does not start\n");
			return false;
		}
		usleep(POLL_USEC);
	}
	return true;
}

static void stop_program(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGTERM);
		waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}

void peers_stop_server(struct peers *peers)
{
	stop_program(&peers->server);
}

static void disconnect(struct peers *peers)
{
	natsConnection_Close(peers->connection);
	jsCtx_Destroy(peers->context);
	natsConnection_Destroy(peers->connection);
	peers->connection = NULL;
	peers->context = NULL;
}

bool peers_connect(struct peers *peers)
{
	uint64_t end = clock_boot_ns() + PATIENCE_NS;
	natsOptions *options = NULL;
	jsAccountInfo *info = NULL;
	natsStatus s;

	disconnect(peers);
	s = natsOptions_Create(&options);
	if (s == NATS_OK)
		s = natsOptions_SetSendAsap(options, true);
	if (s == NATS_OK)
		s = natsConnection_Connect(&peers->connection, options);
	natsOptions_Destroy(options);
	if (s == NATS_OK)
		s = natsConnection_JetStream(&peers->context, peers->connection, NULL);
	/* JetStream may begin later than the server listens. */
	while (s == NATS_OK && js_GetAccountInfo(&info, peers->context, NULL, NULL) != NATS_OK) {
		if (clock_boot_ns() > end)
			s = NATS_TIMEOUT;
		usleep(POLL_USEC);
	}
	jsAccountInfo_Destroy(info);
	if (s != NATS_OK)
		fprintf(stderr, "the scorer cannot connect: %s\n", natsStatus_GetText(s));
	return s == NATS_OK;
}

static bool make_bucket(struct peers *peers)
{
	kvStore *store = NULL;
	kvConfig config;
	natsStatus s;

	kvConfig_Init(&config);
	config.Bucket = &PEERS_STREAM[strlen("KV_")];
	s = js_CreateKeyValue(&store, peers->context, &config);
	kvStore_Destroy(store);
	if (s != NATS_OK)
		fprintf(stderr, "the bucket cannot be made: %s\n", natsStatus_GetText(s));
	return s == NATS_OK;
}

static bool start_daemon(struct peers *peers)
{
	char program[PATH_SIZE];
	uint64_t end = clock_boot_ns() + PATIENCE_NS;

	snprintf(program, sizeof(program), "%s/sbin/smtpfenced", peers->build);
	peers->daemon = start_program(peers, program, "--config", "smtpfence.yaml");
	while ((peers->blocks = bpf_obj_get(BLOCKS_PATH)) < 0) {
		if (clock_boot_ns() > end || waitpid(peers->daemon, NULL, WNOHANG) != 0) {
			fprintf(stderr, "smtpfenced does not start\n");
			return false;
		}
		usleep(POLL_USEC);
	}
	return true;
}

bool peers_open(struct peers *peers, const char *build)
{
	*peers = (struct peers){.build = build, .blocks = -1};
	snprintf(peers->folder, sizeof(peers->folder), "%s/nats.XXXXXX", build);
	if (!mkdtemp(peers->folder)) {
		perror(peers->folder);
		return false;
	}
	return write_file(peers, "server.conf",
			  "jetstream: {store_dir: \"%s/store\"}\nlisten: \"127.0.0.1:%u\"\n") &&
	       write_file(peers, "smtpfence.yaml",
			  "interfaces: [{match: \"guest*\", role: guest}]\n"
			  "state: %1$s/smtpfence.db\n"
			  "api: {socket: %1$s/socket, listen: \"\"}\n"
			  "feeds: [{name: fleet, kind: scores, type: nats, "
			  "url: \"nats://127.0.0.1:%2$u\"}]\n") &&
	       peers_start_server(peers) && peers_connect(peers) && make_bucket(peers) &&
	       start_daemon(peers);
}

void peers_close(struct peers *peers, bool keep)
{
	char command[PATH_SIZE + 16];

	disconnect(peers);
	stop_program(&peers->daemon);
	stop_program(&peers->server);
	if (peers->blocks >= 0)
		close(peers->blocks);
	if (keep) {
		fprintf(stderr, "bench-feeds: see %s/log\n", peers->folder);
		return;
	}
	snprintf(command, sizeof(command), "rm -rf %s", peers->folder);
	if (system(command) != 0)
		fprintf(stderr, "%s stays\n", peers->folder);
}

struct smtpfence_prefix peers_source(size_t i)
{
	struct smtpfence_prefix source = {.length = 128};
	uint32_t address = htonl(IPV4_RANGE + (uint32_t)i);

	memset(source.address + 10, 0xff, 2);
	memcpy(source.address + 12, &address, sizeof(address));
	return source;
}

struct message {
	char subject[sizeof(PEERS_PREFIX) + KEY_TEXT_MAX];
	char value[VALUE_MAX];
};

static void compose(struct message *message, size_t i)
{
	struct smtpfence_prefix source = peers_source(i);
	char key[KEY_TEXT_MAX], text[PREFIX_TEXT_MAX], now[TIME_TEXT_MAX];

	snprintf(message->subject, sizeof(message->subject), PEERS_PREFIX "%s",
		 key_format(&source, key));
	snprintf(message->value, sizeof(message->value),
		 "{\"ip\":\"%s\",\"score\":300,\"detected\":\"%s\"}",
		 prefix_format_short(&source, text), time_format(clock_wall(), now));
}

bool peers_offend(struct peers *peers, size_t i)
{
	struct message message;

	compose(&message, i);
	return natsConnection_PublishString(peers->connection, message.subject, message.value) ==
	       NATS_OK;
}

bool peers_offend_stored(struct peers *peers, size_t i)
{
	struct message message;

	compose(&message, i);
	return js_Publish(NULL, peers->context, message.subject, message.value,
			  (int)strlen(message.value), NULL, NULL) == NATS_OK;
}

bool peers_is_blocked(const struct peers *peers, const struct smtpfence_prefix *source)
{
	struct smtpfence_block block;

	return bpf_map_lookup_elem(peers->blocks, source, &block) == 0;
}
