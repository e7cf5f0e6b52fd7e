/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A feed's text, one line at a time, in bounded memory whatever the feed says. */
#ifndef SMTPFENCE_FEED_LINES_H
#define SMTPFENCE_FEED_LINES_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

#define LINE_LENGTH_MAX (1U << 20)

struct lines {
	FILE *stream;
	const char *name;     /* stands in errors */
	unsigned long number; /* of the current line, from 1; behind the last line at the end */
	size_t length;
	char *text;	      /* the current line without its newline; may be changed in place */
	const char *at, *end; /* of what was read ahead */
	char buffer[65536];
};

/* Does not take over @stream and @name. 0 or -ENOMEM. */
int lines_open(struct lines *lines, FILE *stream, const char *name, struct error *error);
void lines_close(struct lines *lines);

/*
 * Goes to the next line. 1: there is one; 0: the end; -EBADMSG: too long or with a NUL byte;
 * -EIO and the like: cannot be read. Errors name the line.
 */
int lines_next(struct lines *lines, struct error *error);

/* Puts "NAME:LINE: " before what @error says of the current line; returns @code. */
int lines_locate(const struct lines *lines, int code, struct error *error);

#endif
