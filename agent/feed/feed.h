/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Feeds: where scores and lists come from. A feed is read whole, checked whole and handed over
 * whole; a bad one is refused whole, and the error names the line.
 */
#ifndef SMTPFENCE_FEED_FEED_H
#define SMTPFENCE_FEED_FEED_H

#include <stdbool.h>
#include <stdio.h>
#include <systemd/sd-event.h>

#include "base/arena.h"
#include "base/incident.h"
#include "base/listing.h"
#include "config/config.h"

/* One reading of a feed that passed every check of its format. */
struct feed_batch {
	enum config_feed_kind kind;
	bool delta; /* what it does not name stays as it is; else it is all there is */
	/* scores */
	uint64_t epoch; /* of what counts the serials: those of another one do not compare; or 0 */
	uint64_t serial;
	uint64_t base;	   /* of a delta: the serial that it builds on */
	int64_t generated; /* seconds since 1970; 0: not told */
	struct incident *incidents;
	size_t incident_count;
	struct arena texts; /* what incidents point to */
	/* list: both in the order of prefix_compare, no prefix twice or in both */
	struct listing *listings;
	size_t listing_count;
	struct smtpfence_prefix *removed; /* of a delta */
	size_t removed_count;
};

void feed_batch_free(struct feed_batch *batch);
DEFINE_CLEANUP(struct feed_batch *, feed_batch_free)

/*
 * A format: reads @stream to its end. @name stands in errors ("NAME:LINE: what"). Returns 0 and a
 * batch, or -EBADMSG with @error set and nothing returned; -ENOMEM; -EIO. It may run in a thread
 * (see parsing.h), and touches nothing but what it is given.
 */
struct feed_format {
	const char *type;
	enum config_feed_kind kind;
	int (*parse)(FILE *stream, const char *name, struct feed_batch **ret, struct error *error);
};

extern const struct feed_format feed_format_ndjson; /* ndjson.c */
extern const struct feed_format feed_format_list;   /* list.c */
extern const struct feed_format feed_format_drop;   /* drop.c */

/* The format of that name, or NULL. */
const struct feed_format *feed_format_find(const char *type);

enum feed_state {
	FEED_WAITING, /* nothing was read yet */
	FEED_OK,
	FEED_ERROR,  /* the last reading was refused; what it said before stays in force */
	FEED_HELD,   /* the guard holds the last reading */
	FEED_STALE,  /* no success for longer than stale_after */
	FEED_PAUSED, /* somebody wants to hear no more of it for now */
};

/* "waiting" "ok" "error" "held" "stale" "paused" */
const char *feed_state_name(enum feed_state state);

/* Of feeds that stay in touch with a server. */
enum feed_link { FEED_LINK_NONE, FEED_LINK_DOWN, FEED_LINK_UP };

/* What is known of one feed; strings belong to the feeds and live until the next event. */
struct feed_report {
	const struct config_feed *config;
	enum feed_state state;
	const char *url;      /* without a query, which may be a secret; NULL: none to show */
	int64_t next_reading; /* seconds since 1970; 0: at work, or when something comes */
	uint64_t serial;
	uint64_t records;
	uint64_t ignored;     /* crowdsec: decisions since the start that were not for us */
	int64_t last_success; /* seconds since 1970; 0: never */
	enum feed_link link;
	uint64_t behind;   /* with a link: records that are there, and not in force yet */
	const char *error; /* NULL: none */
	/*
	 * How often, since the start, a reading failed: no connection, a certificate, out of time,
	 * an answer that brings nothing, too large, cannot be read for another reason; bad content;
	 * not applied.
	 */
	uint64_t errors_connect, errors_certificate, errors_timeout, errors_status, errors_size;
	uint64_t errors_read, errors_parse, errors_apply;
	uint64_t held;	      /* number of the reading that the guard holds; 0: none */
	bool busy;	      /* a reading is being parsed or applied, … */
	uint64_t done, total; /* … and so far with its changes; total 0: not known yet */
};

/* How far a batch is on its way. */
struct feed_progress {
	uint64_t done, total; /* changes; total 0: not known yet */
	uint64_t records;     /* that the feed has in force, once the batch is */
};

/* How far a feed was taken over. */
struct feed_place {
	uint64_t epoch, serial; /* as in struct feed_batch; both 0: nothing was */
};

/*
 * Who takes over what feeds say, a step at a time. Whatever a step or `end` leaves behind, the next
 * reading of the feed finds and mends.
 */
struct feed_target {
	/*
	 * Begins with @batch, which stays as it is until `end`. @unguarded: somebody has decided
	 * that it is applied though the guard would hold it. @feed is not kept.
	 */
	int (*begin)(const struct config_feed *feed, const struct feed_batch *batch, bool unguarded,
		     void *userdata, void **ret_work, struct error *error);
	/*
	 * Goes on for some milliseconds. 1: not done yet; 0: in force and on disk; -EBUSY: held by
	 * the guard; or another negative errno: refused, for example -ESTALE for an older serial.
	 */
	int (*step)(void *work, struct error *error);
	struct feed_progress (*progress)(const void *work);
	/* Also in the middle. */
	void (*end)(void *work);
	/* For a feed that can go on where it was. 0 or negative errno. */
	int (*place)(const struct config_feed *feed, void *userdata, struct feed_place *ret,
		     struct error *error);
	/* Whether somebody has paused the feed. */
	bool (*is_paused)(const char *feed, void *userdata);
};

/* The same in one go, for a batch of a few records. Returns what the last step did. */
int feed_apply(const struct feed_target *target, const struct config_feed *feed,
	       const struct feed_batch *batch, void *userdata, struct error *error);

struct feeds;

/*
 * Watches all feeds of @config: reads each at once, whenever its file changes (inotify on the
 * folder, so that a file put in place by rename counts, too) and every interval. @config must
 * outlive the feeds or be replaced by feeds_reconfigure.
 */
int feeds_new(sd_event *event, const struct config *config, const struct feed_target *target,
	      void *userdata, struct feeds **ret, struct error *error);

/* Goes over to a new configuration: unchanged feeds keep their state. */
int feeds_reconfigure(struct feeds *feeds, const struct config *config, struct error *error);

/* Reads the feed of that name now, or all for NULL. -ENOENT: no such feed. */
int feeds_sync(struct feeds *feeds, const char *name);

/*
 * What the guard holds of it is applied, as its report with the number @held told. -ENOENT: there
 * is nothing; -ESTALE: another reading took its place; -EBUSY: the feed is at work.
 */
int feeds_apply_held(struct feeds *feeds, const char *name, uint64_t held, struct error *error);

/* It begins anew, paused or not, as its target says. What is known of it stays. */
int feeds_renew(struct feeds *feeds, const char *name, struct error *error);

size_t feeds_count(const struct feeds *feeds);
struct feed_report feeds_report(const struct feeds *feeds, size_t index);

void feeds_free(struct feeds *feeds);
DEFINE_CLEANUP(struct feeds *, feeds_free)

#endif
