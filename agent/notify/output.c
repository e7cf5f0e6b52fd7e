/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/output.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

#define READS_A_TURN 16 /* of up to OUTPUT_MAX bytes: then somebody else has his turn */

int output_open(struct output *output, const char *name, int *ret_end)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	*output = (struct output){.fd = ends[0], .name = name};
	*ret_end = ends[1];
	/* The program's end stays as programs expect it. */
	return fcntl(output->fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static void log_line(struct output *output)
{
	log_info("notify: %s: %.*s", output->name, (int)output->used, output->line);
	output->used = 0;
}

static void take(struct output *output, const char *text, size_t size)
{
	size_t wanted = output->taken < OUTPUT_MAX ? OUTPUT_MAX - output->taken : 0;

	output->taken += size;
	for (size_t i = 0; i < size && i < wanted; i++) {
		if (text[i] != '\n')
			output->line[output->used++] = text[i];
		if (text[i] == '\n' || output->used == sizeof(output->line))
			log_line(output);
	}
}

int output_read(struct output *output)
{
	char text[OUTPUT_MAX];

	for (int i = 0; i < READS_A_TURN; i++) {
		ssize_t size = read(output->fd, text, sizeof(text));

		if (size == 0)
			return 0;
		if (size < 0)
			break;
		take(output, text, (size_t)size);
	}
	return 1;
}

void output_finish(struct output *output)
{
	if (output->used > 0)
		log_line(output);
	if (output->taken > OUTPUT_MAX)
		log_info("notify: %s: prints more than %d bytes: the rest is not logged",
			 output->name, OUTPUT_MAX);
}

void output_clear(struct output *output)
{
	closep(&output->fd);
	output->fd = -1;
}
