/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An event as the run of a program; status 0 means that it was taken. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "notify/channel.h"
#include "notify/environment.h"
#include "notify/process.h"

struct command {
	struct channel channel;
	struct process *process; /* NULL: none runs */
};

static void on_end(int code, const struct error *error, void *userdata)
{
	struct command *command = userdata;

	command->process = NULL;
	command->channel.done(code, 0, error, command->channel.userdata);
}

/* It runs as root: whoever may write it may do everything. */
static int check_program(const char *path, struct error *error)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return error_set(error, -errno, "%s: cannot be run: %s", path, strerror(errno));
	if (status.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(error, -EACCES,
				 "%s: not run, because others may change it: chmod go-w %s", path,
				 path);
	if (status.st_uid != 0 && status.st_uid != geteuid())
		return error_set(error, -EACCES,
				 "%s: not run, because it belongs to somebody else: chown root %s",
				 path, path);
	return 0;
}

static int send(struct channel *channel, const struct notice *notice, struct error *error)
{
	_cleanup_(environment_freep) char **environment = environment_new(notice);
	struct command *command = (struct command *)channel;
	const struct process_request request = {
		.path = channel->config->command,
		.input = notice->text,
		.environment = environment,
		.time_limit = channel->config->time_limit,
		.name = channel->config->name,
		.done = on_end,
		.userdata = command,
	};

	int r = check_program(request.path, error);

	if (r < 0)
		return r;
	if (!environment)
		return error_set(error, -ENOMEM, "out of memory");
	return process_start(channel->context->event, &request, &command->process, error);
}

static void close_command(struct channel *channel)
{
	struct command *command = (struct command *)channel;

	if (command->process)
		process_cancel(command->process);
}

const struct channel_ops channel_command = {
	.size = sizeof(struct command),
	.send = send,
	.close = close_command,
};
