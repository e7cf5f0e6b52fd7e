/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The corpus: every case of the verdict table as data, in tests/frames/corpus/THEME.txt. A line is
 * one case, in columns:
 *
 *   DESCRIPTION | FRAME | CLASS
 *   DESCRIPTION | FRAME | pass or drop, REASON [by PREFIX] | ENTRIES
 *
 * FRAME is read by build_frame() (build.h), ENTRIES by configure() (run.h). CLASS and REASON are
 * labels of abi.h; PREFIX is the entry that decides, if one does.
 *
 * A case of three columns is run twice: with nobody blocked, when CLASS is its reason and it
 * passes, and with its source blocked. Then smtp, undecided and malformed are dropped, as blocked,
 * blocked_undecided and blocked_malformed; any other class is what it was.
 *
 * {0..32} in a description makes a case of each of these numbers: {} stands for it on the line.
 * Lines that begin with # are comments.
 */
#ifndef SMTPFENCE_TESTS_FRAMES_CORPUS_H
#define SMTPFENCE_TESTS_FRAMES_CORPUS_H

#include <stdbool.h>
#include <stddef.h>

#include "smtpfence/abi.h"

struct frame_case {
	char *name; /* file, line, description */
	char *frame;
	char *entries; /* NULL: run with the source not blocked, and blocked */
	char *match;   /* the entry that decides; NULL: none */
	enum smtpfence_reason reason;
};

struct corpus {
	struct frame_case *cases;
	size_t count;
};

/* One run of a case. */
struct frame_run {
	const struct frame_case *of;
	const char *entries;
	enum smtpfence_reason reason;
};

#define RUNS_MAX 2

/* Reads all of it. Negative errno after a message with file and line. */
int corpus_load(struct corpus *ret_corpus);
void corpus_free(struct corpus *corpus);

/* The runs of a case, 1 or 2. */
size_t case_runs(const struct frame_case *frame_case, struct frame_run ret_runs[RUNS_MAX]);

#endif
