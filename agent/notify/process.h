/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of a program, in a process group of its own, without a shell. It gets nothing of the
 * daemon: no descriptor but standard input, output and error, no signal blocked or ignored, and
 * only the environment that is given. What it prints goes to the log, so much of it.
 */
#ifndef SMTPFENCE_NOTIFY_PROCESS_H
#define SMTPFENCE_NOTIFY_PROCESS_H

#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/error.h"

#define PROCESS_GRACE 2 /* s between SIGTERM and SIGKILL */

struct process;

struct process_request {
	const char *path;
	const char *input; /* a text, its standard input */
	char **environment;
	uint64_t time_limit; /* s; then its group gets SIGTERM, and after PROCESS_GRACE SIGKILL */
	const char *name;    /* stands before its output in the log, and in errors */
	/* Called once: 0, it ended with status 0; a negative errno, and @error says how it ended.
	 */
	void (*done)(int code, const struct error *error, void *userdata);
	void *userdata;
};

/*
 * Needs SIGCHLD blocked. A negative errno: it was not started, and @error names the path.
 */
int process_start(sd_event *event, const struct process_request *request, struct process **ret,
		  struct error *error);

/* Ends it, and its group, at once; `done` is not called. */
void process_cancel(struct process *process);

#endif
