/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The content behind a feed's url, brought as a stream, and whether it is another one than that
 * which is in force. Nothing here waits for anybody: whoever asked is told.
 */
#ifndef SMTPFENCE_FEED_FETCH_H
#define SMTPFENCE_FEED_FETCH_H

#include <stdbool.h>
#include <stdio.h>

#include "feed/reader.h"

/* Who fetches. */
struct fetch_owner {
	/*
	 * Called once for each fetch_start, maybe before that returns. @code 0: @content is all of
	 * it, and the owner's to close; NULL: it is unchanged, still what fetch_settle called in
	 * force. Otherwise a negative errno and @error, and no @content: as of a transfer, and
	 * -EREMOTEIO where a server answered with something else than content.
	 */
	void (*done)(int code, FILE *content, const struct error *error, void *userdata);
	/* The content may be another one now, ahead of the interval. */
	void (*changed)(void *userdata);
	void *userdata;
};

/* What every way to fetch has; the first member of its own struct. */
struct fetch {
	const struct fetch_ops *ops;
	const struct reader_context *context;
	const struct config_feed *config;
	struct fetch_owner owner;
	/* With a negative @code to `done`: s that the source wants to be left alone; 0: not told.
	 */
	uint64_t retry_after;
};

struct fetch_ops {
	size_t size;	/* of the struct that begins with a struct fetch */
	bool is_remote; /* a server that many ask: not all at once, and less often while it fails */
	int (*open)(struct fetch *fetch, struct error *error);
	void (*start)(struct fetch *fetch, enum reader_effort effort);
	bool (*is_whole)(const struct fetch *fetch, FILE *content);
	void (*settle)(struct fetch *fetch, bool in_force);
	const char *(*name)(const struct fetch *fetch);
	void (*close)(struct fetch *fetch); /* also after `open` has failed */
};

extern const struct fetch_ops fetch_file;  /* fetch_file.c: file:// */
extern const struct fetch_ops fetch_https; /* fetch_https.c: https://, and http:// on loopback */

/* 0 or a negative errno. @context and @config outlive it, or fetch_adopt follows. */
int fetch_new(const struct reader_context *context, const struct config_feed *config,
	      const struct fetch_owner *owner, struct fetch **ret, struct error *error);

/* Goes on with a configuration of the same source. */
void fetch_adopt(struct fetch *fetch, const struct config_feed *config);

/* Not while another one of the same fetch is under way. */
void fetch_start(struct fetch *fetch, enum reader_effort effort);

/* To be asked when @content has been read: whether it is of one piece, not half old, half new. */
bool fetch_is_whole(const struct fetch *fetch, FILE *content);

/* What became of the content that came last: whether a later one may be held against it. */
void fetch_settle(struct fetch *fetch, bool in_force);

/* What stands in errors: a path, or a URL without its secrets. */
const char *fetch_name(const struct fetch *fetch);

/* `done` is not called any more. */
void fetch_free(struct fetch *fetch);
DEFINE_CLEANUP(struct fetch *, fetch_free)

#endif
