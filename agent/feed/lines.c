/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int lines_open(struct lines *lines, FILE *stream, const char *name, struct error *error)
{
	lines->stream = stream;
	lines->name = name;
	lines->number = 0;
	lines->length = 0;
	lines->at = lines->end = lines->buffer;
	lines->text = malloc(LINE_LENGTH_MAX + 1);
	if (!lines->text)
		return error_set(error, -ENOMEM, "%s: out of memory", name);
	return 0;
}

void lines_close(struct lines *lines)
{
	free(lines->text);
	lines->text = NULL;
}

int lines_locate(const struct lines *lines, int code, struct error *error)
{
	return error_prefix(error, code, "%s:%lu", lines->name, lines->number);
}

/* More of the stream. 1: there is some; 0: the end. */
static int fill(struct lines *lines, struct error *error)
{
	size_t size = fread_unlocked(lines->buffer, 1, sizeof(lines->buffer), lines->stream);

	lines->at = lines->buffer;
	lines->end = lines->buffer + size;
	if (size == 0 && ferror_unlocked(lines->stream))
		return error_set(error, -EIO, "cannot be read on: %s", strerror(errno));
	return size > 0;
}

static int append(struct lines *lines, size_t size, struct error *error)
{
	if (memchr(lines->at, '\0', size))
		return error_set(error, -EBADMSG, "the line holds a NUL byte");
	if (size > LINE_LENGTH_MAX - lines->length)
		return error_set(error, -EBADMSG, "the line is longer than %u bytes",
				 LINE_LENGTH_MAX);
	memcpy(lines->text + lines->length, lines->at, size);
	lines->length += size;
	lines->at += size;
	return 0;
}

/* 1: the line is complete; 0: the stream has no more of it. */
static int read_line(struct lines *lines, struct error *error)
{
	const char *newline;
	int r;

	for (;;) {
		newline = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
		r = append(lines, (size_t)((newline ? newline : lines->end) - lines->at), error);
		if (r < 0)
			return r;
		if (newline) {
			lines->at++;
			return 1;
		}
		r = fill(lines, error);
		if (r <= 0)
			return r;
	}
}

/* Not getline(): it would take a line without an end into memory before anyone can refuse it. */
int lines_next(struct lines *lines, struct error *error)
{
	int r;

	lines->number++;
	lines->length = 0;
	r = read_line(lines, error);
	if (r < 0)
		return lines_locate(lines, r, error);
	lines->text[lines->length] = '\0';
	return r || lines->length > 0;
}
