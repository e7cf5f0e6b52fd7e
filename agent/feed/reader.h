/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One feed at work: how it is read, and what became of it. There are kinds of reader: a document
 * is read whole every interval; others stay in touch with a server.
 */
#ifndef SMTPFENCE_FEED_READER_H
#define SMTPFENCE_FEED_READER_H

#include "feed/feed.h"
#include "transfer/transfer.h"

/* What the readers of a daemon share; outlives them. */
struct reader_context {
	sd_event *event;
	const struct config *config; /* the one in force: another one after feeds_reconfigure */
	struct transfers *transfers;
	const struct feed_target *target; /* whom readings are handed to: see intake.h */
	void *userdata;
};

/* What is on its way of one reader: see intake.h. */
struct intake {
	struct feed_batch *batch;
	void *work;
	sd_event_source *source;
	void (*done)(int code, const struct error *error, void *userdata);
	void *userdata;
	struct feed_batch *held;
	uint64_t holds; /* readings that were held so far */
};

/* What every kind of reader has; the first member of its own struct. */
struct reader {
	const struct reader_ops *ops;
	const struct reader_context *context;
	struct feed_report report; /* `error` apart; `state` as the last reading left it */
	struct error error;	   /* empty: none */
	struct intake intake;
	uint64_t success; /* CLOCK_BOOTTIME, ns: a clock that is set makes nothing stale */
};

enum reader_effort {
	READER_IF_CHANGED, /* what is in force already need not be read again */
	READER_ALWAYS,
};

struct reader_ops {
	size_t size; /* of the kind's own struct, zeroed but for its `struct reader` */
	/*
	 * Gets ready; the first reading is asked for by `read`. On an error `stop` is called
	 * nevertheless. 0 or a negative errno.
	 */
	int (*start)(struct reader *reader, struct error *error);
	/* Whether it can go on with @config, which has the same name, kind and type. */
	bool (*fits)(const struct reader *reader, const struct config_feed *config);
	/* Goes on with a configuration that fits, and makes it report.config. */
	void (*adopt)(struct reader *reader, const struct config_feed *config);
	/* Reads now, or as soon as it can; ends in reader_succeed or reader_fail. */
	void (*read)(struct reader *reader, enum reader_effort effort);
	/* Whether it is at work on a reading that is not being applied yet. NULL: never for long.
	 */
	bool (*is_busy)(const struct reader *reader);
	/* What was held of it is in force now. NULL: it goes on by itself. */
	void (*applied)(struct reader *reader);
	/*
	 * Adds to a report what only this kind knows; @success, CLOCK_BOOTTIME in ns, may be moved
	 * on. NULL: nothing.
	 */
	void (*describe)(const struct reader *reader, struct feed_report *report,
			 uint64_t *success);
	void (*stop)(struct reader *reader);
};

extern const struct reader_ops reader_paused;	/* paused.c: of any feed */
extern const struct reader_ops reader_document; /* document.c: ndjson, list, drop */
extern const struct reader_ops reader_nats;	/* nats.c */
extern const struct reader_ops reader_crowdsec; /* crowdsec.c */

/* A reader for @config, which must outlive it or be replaced by reader_adopt. */
int reader_new(const struct reader_context *context, const struct config_feed *config,
	       struct reader **ret, struct error *error);

/* Whether this reader can go on with @config: the same name, source and format. */
bool reader_fits(const struct reader *reader, const struct config_feed *config);

/* Goes on with a configuration that fits. */
void reader_adopt(struct reader *reader, const struct config_feed *config);

void reader_read(struct reader *reader, enum reader_effort effort);

struct feed_report reader_report(const struct reader *reader);

void reader_free(struct reader *reader);
DEFINE_CLEANUP(struct reader *, reader_free)

/* For the kinds: the outcome of a reading, which is logged where it differs from the last one. */
void reader_succeed(struct reader *reader);
/* Counts that nothing could be fetched: @code is a negative errno as of transfer_done_fn, or
 * -EREMOTEIO for an answer that brings nothing. */
void reader_count_fetch_error(struct reader *reader, int code);
/* @code is a negative errno, -EBUSY where the guard holds it; @error says why. */
void reader_fail(struct reader *reader, int code, const struct error *error);

#endif
