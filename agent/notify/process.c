/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "notify/output.h"

#define TIMER_ACCURACY_US 10000
/* A program that talks without an end must not keep the daemon from anything else. */
#define OUTPUT_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 20)

struct process {
	pid_t pid;
	uint64_t time_limit;
	bool is_overdue; /* it has got SIGTERM */
	struct output output;
	sd_event_source *child, *timer, *reader;
	char *name; /* owned */
	void (*done)(int code, const struct error *error, void *userdata);
	void *userdata;
};

/* A file in memory: whoever does not read it makes nobody wait. */
static int make_input(const char *text)
{
	int fd = memfd_create("event", MFD_CLOEXEC);
	size_t length = strlen(text);

	if (fd < 0)
		return -errno;
	if (write(fd, text, length) == (ssize_t)length && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -EIO;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t signals;
	int r = posix_spawnattr_setflags(
		attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

	if (r == 0)
		r = posix_spawnattr_setpgroup(attributes, 0);
	sigemptyset(&signals);
	if (r == 0)
		r = posix_spawnattr_setsigmask(attributes, &signals);
	sigfillset(&signals);
	return r ? r : posix_spawnattr_setsigdefault(attributes, &signals);
}

static int set_files(posix_spawn_file_actions_t *actions, int input, int output)
{
	int r = posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);

	if (r == 0)
		r = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	return r ? r : posix_spawn_file_actions_addchdir_np(actions, "/");
}

/* Returns 0 or a negative errno, also that of execve(2). */
static int spawn(const struct process_request *request, int input, int output, pid_t *ret)
{
	char *path = (char *)request->path; /* execve(2) takes it so, and leaves it alone */
	char *arguments[] = {path, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	r = set_attributes(&attributes);
	if (r == 0)
		r = set_files(&actions, input, output);
	if (r == 0)
		r = posix_spawn(ret, path, &actions, &attributes, arguments, request->environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static void signal_group(const struct process *process, int number)
{
	kill(-process->pid, number);
}

static void process_free(struct process *process)
{
	if (!process)
		return;
	sd_event_source_disable_unref(process->child);
	sd_event_source_disable_unref(process->timer);
	sd_event_source_disable_unref(process->reader);
	output_clear(&process->output);
	free(process->name);
	free(process);
}
DEFINE_CLEANUP(struct process *, process_free)

void process_cancel(struct process *process)
{
	signal_group(process, SIGKILL);
	/* Not by the event loop any more: it would wait for it a second time. */
	process->child = sd_event_source_disable_unref(process->child);
	waitpid(process->pid, NULL, 0);
	process_free(process);
}

static int outcome(const struct process *process, const siginfo_t *info, struct error *error)
{
	if (process->is_overdue)
		return error_set(error, -ETIMEDOUT, "%s: did not end within %llu seconds: killed",
				 process->name, (unsigned long long)process->time_limit);
	if (info->si_code != CLD_EXITED)
		return error_set(error, -EREMOTEIO, "%s: killed by signal %d (%s)", process->name,
				 info->si_status, strsignal(info->si_status));
	if (info->si_status != 0)
		return error_set(error, -EREMOTEIO, "%s: ended with status %d", process->name,
				 info->si_status);
	return 0;
}

/* Called before it is reaped: until then its group is nobody else's. */
static int on_end(sd_event_source *source, const siginfo_t *info, void *userdata)
{
	struct process *process = userdata;
	void (*done)(int code, const struct error *error, void *userdata) = process->done;
	void *owner = process->userdata;
	struct error error = {};
	int r = outcome(process, info, &error);

	(void)source;
	if (process->is_overdue)
		signal_group(process, SIGKILL); /* those that it has left behind */
	output_read(&process->output);
	output_finish(&process->output);
	process_free(process);
	done(r, &error, owner);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct process *process = userdata;

	(void)usec;
	signal_group(process, process->is_overdue ? SIGKILL : SIGTERM);
	if (process->is_overdue)
		return 0;
	process->is_overdue = true;
	sd_event_source_set_time_relative(source, PROCESS_GRACE * USEC_PER_SEC);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_output(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct process *process = userdata;

	(void)fd;
	(void)events;
	/* Whoever has closed it may well go on. */
	if (output_read(&process->output) == 0)
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return 0;
}

static int watch(sd_event *event, struct process *process)
{
	int r = sd_event_add_child(event, &process->child, process->pid, WEXITED, on_end, process);

	if (r >= 0)
		r = sd_event_add_time_relative(event, &process->timer, CLOCK_MONOTONIC,
					       process->time_limit * USEC_PER_SEC,
					       TIMER_ACCURACY_US, on_timer, process);
	if (r >= 0)
		r = sd_event_add_io(event, &process->reader, process->output.fd, EPOLLIN, on_output,
				    process);
	if (r >= 0)
		r = sd_event_source_set_priority(process->reader, OUTPUT_PRIORITY);
	return r < 0 ? r : 0;
}

/* On an error nothing of it is left. */
static int start(sd_event *event, const struct process_request *request, struct process *process)
{
	_cleanup_close_ int input = make_input(request->input), output = -1;
	int r = input < 0 ? input : output_open(&process->output, process->name, &output);

	if (r >= 0)
		r = spawn(request, input, output, &process->pid);
	if (r < 0)
		return r;
	r = watch(event, process);
	if (r < 0) {
		signal_group(process, SIGKILL);
		waitpid(process->pid, NULL, 0);
	}
	return r;
}

int process_start(sd_event *event, const struct process_request *request, struct process **ret,
		  struct error *error)
{
	_cleanup_(process_freep) struct process *process = calloc(1, sizeof(*process));
	char *name = strdup(request->name);
	int r;

	if (!process || !name) {
		free(name);
		return error_set(error, -ENOMEM, "out of memory");
	}
	*process = (struct process){
		.time_limit = request->time_limit,
		.output = OUTPUT_NONE,
		.name = name,
		.done = request->done,
		.userdata = request->userdata,
	};
	r = start(event, request, process);
	if (r < 0)
		return error_set(error, r, "%s: cannot be run: %s", request->path, strerror(-r));
	*ret = STEAL(process);
	return 0;
}
