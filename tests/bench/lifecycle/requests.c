/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/lifecycle/requests.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/client.h"

#define FLOOR_BYTES 4096

static uint64_t request(const struct world *world, const char *method, const char *target,
			const cJSON *body)
{
	uint64_t begun = clock_boot_ns(), ended;
	cJSON *answer = NULL;
	struct error error;
	int r = client_request(world->socket, method, target, body, &answer, &error);

	ended = clock_boot_ns();
	cJSON_Delete(answer);
	if (r >= 0)
		return ended - begun;
	fprintf(stderr, "%s %s: %s\n", method, target, error.text);
	return 0;
}

uint64_t request_get(const struct world *world, const char *target)
{
	return request(world, "GET", target, NULL);
}

static uint64_t block(const struct world *world, size_t source)
{
	char text[PREFIX_TEXT_MAX];
	cJSON *body = cJSON_CreateObject();
	uint64_t ns;

	cJSON_AddStringToObject(body, "prefix", world_source_text(source, text));
	cJSON_AddNumberToObject(body, "time", 3600);
	cJSON_AddStringToObject(body, "reason", "bench");
	ns = request(world, "POST", "/v1/blocks", body);
	cJSON_Delete(body);
	return ns;
}

bool requests_block(const struct world *world, size_t first, size_t count, struct samples *samples)
{
	for (size_t i = first; i < first + count; i++) {
		uint64_t ns = block(world, i);

		if (ns == 0)
			return false;
		samples_add(samples, ns);
	}
	return true;
}

static bool run(char *const arguments[])
{
	posix_spawn_file_actions_t actions;
	int status = 0, r;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	r = posix_spawn(&pid, arguments[0], &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return r == 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

bool requests_cli(const struct world *world, const char *verb, size_t first, size_t count,
		  struct samples *samples)
{
	bool ends = strcmp(verb, "unblock") == 0;
	char program[WORLD_PATH_MAX], text[PREFIX_TEXT_MAX];

	snprintf(program, sizeof(program), "%s/bin/smtpfence", world->build);
	for (size_t i = first; i < first + count; i++) {
		char *const arguments[] = {program,
					   "--socket",
					   (char *)world->socket,
					   (char *)verb,
					   (char *)world_source_text(i, text),
					   ends ? "--force" : NULL,
					   NULL};
		uint64_t begun = clock_boot_ns();

		if (!run(arguments)) {
			fprintf(stderr, "smtpfence %s %s has failed\n", verb, text);
			return false;
		}
		samples_add(samples, clock_boot_ns() - begun);
	}
	return true;
}

bool requests_floor(const struct world *world, size_t count, struct samples *samples)
{
	static const char bytes[FLOOR_BYTES];
	char path[WORLD_PATH_MAX];
	int fd = open(world_path(world, "floor", path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	bool written = fd >= 0;

	for (size_t i = 0; i < count && written; i++) {
		uint64_t begun = clock_boot_ns();

		written = write(fd, bytes, sizeof(bytes)) == sizeof(bytes) && fdatasync(fd) == 0;
		samples_add(samples, clock_boot_ns() - begun);
	}
	if (!written)
		perror(path);
	if (fd >= 0)
		close(fd);
	return written;
}
