/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/lifecycle/world.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/lifecycle/store.h"
#include "cli/client.h"

#define START_PATIENCE_NS (30 * NSEC_PER_SEC)
#define POLL_USEC	  20000
#define IPV4_RANGE	  0xc6120000U /* 198.18.0.0/15 */

struct smtpfence_prefix world_source(size_t i)
{
	struct smtpfence_prefix source = {.length = 128};
	uint32_t half = (uint32_t)(i / 2), address = IPV4_RANGE + half;

	if (i % 2 == 0) {
		memset(source.address + 10, 0xff, 2);
		for (int byte = 0; byte < 4; byte++)
			source.address[12 + byte] = (uint8_t)(address >> (24 - 8 * byte));
		return source;
	}
	memcpy(source.address, (uint8_t[]){0x20, 0x01, 0x0d, 0xb8}, 4);
	for (int byte = 0; byte < 4; byte++)
		source.address[4 + byte] = (uint8_t)(half >> (24 - 8 * byte));
	source.address[15] = 1;
	return source;
}

const char *world_source_text(size_t i, char text[PREFIX_TEXT_MAX])
{
	const struct smtpfence_prefix source = world_source(i);

	return prefix_format_short(&source, text);
}

const char *world_path(const struct world *world, const char *name, char path[WORLD_PATH_MAX])
{
	snprintf(path, WORLD_PATH_MAX, "%s/%s", world->folder, name);
	return path;
}

static FILE *create(const struct world *world, const char *name)
{
	char path[WORLD_PATH_MAX];
	FILE *file = fopen(world_path(world, name, path), "we");

	if (!file)
		perror(path);
	return file;
}

static bool configure(const struct world *world, unsigned int duration)
{
	FILE *file = create(world, "smtpfence.yaml");

	if (!file)
		return false;
	fprintf(file,
		"interfaces: [{match: \"guest*\", role: guest}]\n"
		"feeds:\n"
		"  - {name: scorer, kind: scores, type: ndjson, url: \"file://%1$s/scores\","
		" interval: 1s}\n"
		"policy:\n"
		"  duration: %2$us\n"
		"  guard: {max_new_blocks: 1000000}\n"
		"limits: {blocks: 262144}\n"
		"api: {socket: %1$s/socket, listen: \"\"}\n"
		"state: %1$s/" STORE_NAME "\n",
		world->folder, duration);
	return fclose(file) == 0;
}

/* Read when it takes the place of the old one, not while it is written. */
bool world_offend(const struct world *world, size_t count)
{
	char now[TIME_TEXT_MAX], text[PREFIX_TEXT_MAX], from[WORLD_PATH_MAX], to[WORLD_PATH_MAX];
	FILE *file = create(world, "scores.new");

	if (!file)
		return false;
	time_format(clock_wall(), now);
	fprintf(file,
		"{\"type\":\"snapshot\",\"version\":1,\"serial\":1,\"records\":%zu,"
		"\"generated\":\"%s\"}\n",
		count, now);
	for (size_t i = 0; i < count; i++)
		fprintf(file, "{\"ip\":\"%s\",\"score\":300,\"detected\":\"%s\"}\n",
			world_source_text(i, text), now);
	fprintf(file, "{\"type\":\"end\",\"serial\":1,\"records\":%zu}\n", count);
	return fclose(file) == 0 &&
	       rename(world_path(world, "scores.new", from), world_path(world, "scores", to)) == 0;
}

static void become_daemon(const struct world *world)
{
	char program[WORLD_PATH_MAX], config[WORLD_PATH_MAX], log[WORLD_PATH_MAX];

	snprintf(program, sizeof(program), "%s/sbin/smtpfenced", world->build);
	world_path(world, "smtpfence.yaml", config);
	/* Without "e": it has to stay open in the daemon. */
	if (freopen(world_path(world, "log", log), "w", stderr))
		execl(program, program, "--config", config, (char *)NULL);
	_exit(127);
}

static bool answers(const struct world *world)
{
	cJSON *answer = NULL;
	struct error error;
	int r = client_request(world->socket, "GET", "/v1/version", NULL, &answer, &error);

	cJSON_Delete(answer);
	return r >= 0;
}

static bool is_up(struct world *world)
{
	uint64_t end = clock_boot_ns() + START_PATIENCE_NS;

	while (!answers(world)) {
		if (clock_boot_ns() > end || waitpid(world->daemon, NULL, WNOHANG) != 0)
			return false;
		usleep(POLL_USEC);
	}
	return true;
}

static void tell_log(const struct world *world)
{
	char path[WORLD_PATH_MAX], line[512];
	FILE *file = fopen(world_path(world, "log", path), "re");

	while (file && fgets(line, sizeof(line), file))
		fprintf(stderr, "smtpfenced: %s", line);
	if (file)
		fclose(file);
}

bool world_open(struct world *world, const char *build, unsigned int duration)
{
	*world = (struct world){.build = build};
	snprintf(world->folder, sizeof(world->folder), "%s/lifecycle.XXXXXX", build);
	if (!mkdtemp(world->folder)) {
		perror(world->folder);
		return false;
	}
	world_path(world, "socket", world->socket);
	return configure(world, duration) && world_start(world);
}

bool world_start(struct world *world)
{
	world->daemon = fork();
	if (world->daemon == 0)
		become_daemon(world);
	if (world->daemon > 0 && is_up(world))
		return true;
	fprintf(stderr, "smtpfenced does not start\n");
	tell_log(world);
	return false;
}

void world_stop(struct world *world)
{
	if (world->daemon <= 0)
		return;
	kill(world->daemon, SIGTERM);
	waitpid(world->daemon, NULL, 0);
	world->daemon = 0;
}

void world_close(struct world *world)
{
	static const char *const names[] = {
		"smtpfence.yaml",  "scores",	      "scores.new",	 "log", "floor", STORE_NAME,
		STORE_NAME "-wal", STORE_NAME "-shm", STORE_NAME ".lock"};
	char path[WORLD_PATH_MAX];

	world_stop(world);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(world_path(world, names[i], path));
	rmdir(world->folder);
}

double world_resident(const struct world *world)
{
	char path[64];
	unsigned long size = 0, resident = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)world->daemon);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

double world_cpu(const struct world *world)
{
	clockid_t clock;
	struct timespec used = {0};

	if (clock_getcpuclockid(world->daemon, &clock) == 0)
		clock_gettime(clock, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / (double)NSEC_PER_SEC;
}
