/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program prints, on its way to the log: line by line, and only so much of it. */
#ifndef SMTPFENCE_NOTIFY_OUTPUT_H
#define SMTPFENCE_NOTIFY_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define OUTPUT_MAX	4096 /* bytes that are logged; what comes after them is thrown away */
#define OUTPUT_LINE_MAX 512  /* a longer one is cut in two */

struct output {
	int fd;		  /* the end of the pipe that is read here */
	const char *name; /* stands before each line; borrowed */
	char line[OUTPUT_LINE_MAX];
	size_t used;  /* of the line */
	size_t taken; /* bytes in all */
};

#define OUTPUT_NONE                                                                                \
	(struct output)                                                                            \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* @ret_end: what the program gets, the caller's to close. 0 or a negative errno. */
int output_open(struct output *output, const char *name, int *ret_end);

/* Takes what there is. 0: all ends of the program's are closed; otherwise not. */
int output_read(struct output *output);

/* Logs what has no newline behind it, and that there was more than is logged. */
void output_finish(struct output *output);

void output_clear(struct output *output);

#endif
