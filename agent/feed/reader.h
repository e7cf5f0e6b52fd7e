/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One feed at work: its timer, its watch, and what became of its last reading. */
#ifndef SMTPFENCE_FEED_READER_H
#define SMTPFENCE_FEED_READER_H

#include "feed/feed.h"

struct reader;

/* Whom a reading is handed to. */
struct reader_target {
	feed_apply_fn apply;
	void *userdata;
};

/* Starts the interval; the first reading is the caller's to ask for. */
int reader_new(sd_event *event, const struct config_feed *config,
	       const struct reader_target *target, struct reader **ret, struct error *error);

/* Whether this reader can go on with @config: the same name, source and format. */
bool reader_fits(const struct reader *reader, const struct config_feed *config);

/* Goes on with a configuration that fits, and with its interval. */
void reader_adopt(struct reader *reader, const struct config_feed *config);

enum reader_effort {
	READER_IF_CHANGED, /* a file that looks as it did at the last success is not parsed again */
	READER_ALWAYS,
};

/* Reads the feed; the outcome is in the report, and logged where it differs from the last one. */
void reader_read(struct reader *reader, enum reader_effort effort);

struct feed_report reader_report(const struct reader *reader);

void reader_free(struct reader *reader);
DEFINE_CLEANUP(struct reader *, reader_free)

#endif
