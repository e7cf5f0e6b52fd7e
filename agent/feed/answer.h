/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An answer of CrowdSec's local API on its way from its text to a batch: a piece of work that sees
 * nothing but what is in it, so that it can be done beside the event loop.
 */
#ifndef SMTPFENCE_FEED_ANSWER_H
#define SMTPFENCE_FEED_ANSWER_H

#include <stdio.h>

#include "config/config.h"
#include "feed/decision_table.h"

struct answer {
	/* All owned. */
	FILE *content;
	char *name; /* stands in errors */
	struct decision_filter filter;
	bool whole;
	int64_t now;		     /* s since 1970, when it came */
	struct decision_table table; /* before it */
	/* What comes of it: where `code` is negative, only `error`. */
	int code;
	struct error error;
	struct decision_table next; /* the table with it */
	struct feed_batch *batch;
	struct decision_others others;
};

/* Takes @content over, also on an error, and copies the rest. NULL: out of memory. */
struct answer *answer_new(FILE *content, const char *name, const struct config_feed *config);

/* Sets what comes of it. */
void answer_parse(struct answer *answer);

void answer_free(struct answer *answer);
DEFINE_CLEANUP(struct answer *, answer_free)

#endif
