/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "corpus.h"

#include <errno.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "build.h"
#include "entry_points.h"

#define FILES	    "tests/frames/corpus/*.txt"
#define COLUMNS	    4
#define NO_NUMBER   (-1)
#define BLOCKED_ALL "drop:" SOURCE4 "/32 drop:2001:db8:1:2::/64"

/* The line at hand. */
struct place {
	struct corpus *corpus;
	const char *path;
	int line;
	char *columns[COLUMNS];
	size_t column_count;
};

static int complain(const struct place *place, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", place->path, place->line, what);
	return -EINVAL;
}

static char *trim(char *text)
{
	char *end;

	text += strspn(text, " \t");
	end = text + strlen(text);
	while (end > text && strchr(" \t\n", end[-1]))
		end--;
	*end = '\0';
	return text;
}

static int find_reason(const char *label, enum smtpfence_reason *ret_reason)
{
	int reason;

	for (reason = 0; reason < SMTPFENCE_REASON_COUNT; reason++) {
		if (!strcmp(reason_label(reason), label)) {
			*ret_reason = reason;
			return 0;
		}
	}
	return -ENOENT;
}

/* A copy of the text in which the number stands for every {} and {A..B}. */
static char *with_number(const char *text, long number)
{
	char *copy = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&copy, &size);
	const char *brace;

	while (number != NO_NUMBER && (brace = strchr(text, '{'))) {
		fprintf(stream, "%.*s%ld", (int)(brace - text), text, number);
		text = brace + strcspn(brace, "}");
		text += *text == '}';
	}
	fputs(text, stream);
	fclose(stream);
	return copy;
}

/* "pass REASON", "drop REASON by PREFIX", or a class alone. */
static int read_expectation(const struct place *place, struct frame_case *to, char *text)
{
	char *verdict = NULL, *reason, *by;

	if (to->entries)
		verdict = strsep(&text, " ");
	reason = strsep(&text, " ");
	by = strsep(&text, " ");
	if (!reason || find_reason(reason, &to->reason) < 0)
		return complain(place, "no such reason");
	if (verdict && strcmp(verdict, reason_drops(to->reason) ? "drop" : "pass") != 0)
		return complain(place, "the verdict does not go with the reason");
	if (by && (strcmp(by, "by") != 0 || !text))
		return complain(place, "expected \"by PREFIX\" behind the reason");
	to->match = text ? strdup(text) : NULL;
	return 0;
}

static int add_case(const struct place *place, long number)
{
	_cleanup_free_ char *description = with_number(place->columns[0], number);
	_cleanup_free_ char *expectation = with_number(place->columns[2], number);
	struct corpus *corpus = place->corpus;
	struct frame_case *to;

	corpus->cases = reallocarray(corpus->cases, corpus->count + 1, sizeof(corpus->cases[0]));
	to = &corpus->cases[corpus->count++];
	*to = (struct frame_case){.frame = with_number(place->columns[1], number)};
	if (place->column_count == COLUMNS)
		to->entries = with_number(place->columns[3], number);
	if (asprintf(&to->name, "%s:%d: %s", strrchr(place->path, '/') + 1, place->line,
		     description) < 0)
		abort();
	return read_expectation(place, to, expectation);
}

static int read_line(struct place *place, char *line)
{
	long number, last;
	char *range;
	int r = 0;

	line = trim(line);
	if (!*line || *line == '#')
		return 0;
	place->column_count = 0;
	while (line && place->column_count < COLUMNS)
		place->columns[place->column_count++] = trim(strsep(&line, "|"));
	if (line || place->column_count < 3)
		return complain(place, "expected 3 or 4 columns between |");

	range = strchr(place->columns[0], '{');
	if (!range)
		return add_case(place, NO_NUMBER);
	if (sscanf(range, "{%ld..%ld}", &number, &last) != 2)
		return complain(place, "expected {NUMBER..NUMBER} in the description");
	for (; number <= last && r == 0; number++)
		r = add_case(place, number);
	return r;
}

static int read_theme(struct corpus *corpus, const char *path)
{
	struct place place = {.corpus = corpus, .path = path};
	_cleanup_free_ char *line = NULL;
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	size_t size = 0;
	int r = 0;

	if (!file) {
		r = -errno;
		complain(&place, strerror(errno));
		return r;
	}
	while (r == 0 && getline(&line, &size, file) > 0) {
		place.line++;
		r = read_line(&place, line);
	}
	return r;
}

int corpus_load(struct corpus *ret_corpus)
{
	glob_t files;
	size_t i;
	int r = 0;

	*ret_corpus = (struct corpus){0};
	if (glob(FILES, 0, NULL, &files) != 0) {
		fprintf(stderr, "no %s here: run it from the top of the tree\n", FILES);
		return -ENOENT;
	}
	for (i = 0; i < files.gl_pathc && r == 0; i++)
		r = read_theme(ret_corpus, files.gl_pathv[i]);
	globfree(&files);
	return r;
}

void corpus_free(struct corpus *corpus)
{
	size_t i;

	for (i = 0; i < corpus->count; i++) {
		free(corpus->cases[i].name);
		free(corpus->cases[i].frame);
		free(corpus->cases[i].entries);
		free(corpus->cases[i].match);
	}
	free(corpus->cases);
}

static enum smtpfence_reason when_blocked(enum smtpfence_reason class)
{
	switch (class) {
	case SMTPFENCE_REASON_SMTP:
		return SMTPFENCE_REASON_BLOCKED;
	case SMTPFENCE_REASON_UNDECIDED:
		return SMTPFENCE_REASON_BLOCKED_UNDECIDED;
	case SMTPFENCE_REASON_MALFORMED:
		return SMTPFENCE_REASON_BLOCKED_MALFORMED;
	default:
		return class;
	}
}

size_t case_runs(const struct frame_case *frame_case, struct frame_run ret_runs[RUNS_MAX])
{
	ret_runs[0] = (struct frame_run){frame_case, "", frame_case->reason};
	if (frame_case->entries) {
		ret_runs[0].entries = frame_case->entries;
		return 1;
	}
	ret_runs[1] = (struct frame_run){frame_case, BLOCKED_ALL, when_blocked(frame_case->reason)};
	return 2;
}
