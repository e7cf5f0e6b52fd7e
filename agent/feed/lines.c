/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int lines_open(struct lines *lines, FILE *stream, const char *name, struct error *error)
{
	*lines = (struct lines){.stream = stream, .name = name};
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

static int append(struct lines *lines, int byte, struct error *error)
{
	if (byte == '\0')
		return error_set(error, -EBADMSG, "the line holds a NUL byte");
	if (lines->length == LINE_LENGTH_MAX)
		return error_set(error, -EBADMSG, "the line is longer than %u bytes",
				 LINE_LENGTH_MAX);
	lines->text[lines->length++] = (char)byte;
	return 0;
}

/* Not getline(): it would take a line without an end into memory before anyone can refuse it. */
int lines_next(struct lines *lines, struct error *error)
{
	int byte, r;

	lines->number++;
	lines->length = 0;
	while ((byte = getc_unlocked(lines->stream)) != EOF && byte != '\n') {
		r = append(lines, byte, error);
		if (r < 0)
			return lines_locate(lines, r, error);
	}
	if (ferror(lines->stream)) {
		r = error_set(error, -EIO, "cannot be read on: %s", strerror(errno));
		return lines_locate(lines, r, error);
	}
	lines->text[lines->length] = '\0';
	return byte == '\n' || lines->length > 0;
}
