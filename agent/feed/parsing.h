/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A format at work. What is long is parsed in a thread, beside the event loop; it sees nothing but
 * the content, so that there is nothing to lock.
 */
#ifndef SMTPFENCE_FEED_PARSING_H
#define SMTPFENCE_FEED_PARSING_H

#include "feed/feed.h"

struct parsing;

/*
 * Called once for each parsing_start, maybe before that returns. @code is what the format returned,
 * and 0 comes with @batch; @content has been read. Both are the callee's from now on.
 */
typedef void (*parsing_done_fn)(int code, struct feed_batch *batch, FILE *content,
				const struct error *error, void *userdata);

/* Takes @content over, also on an error. @name is copied. 0 or a negative errno. */
int parsing_start(sd_event *event, const struct feed_format *format, FILE *content,
		  const char *name, parsing_done_fn done, void *userdata, struct parsing **ret,
		  struct error *error);

/* `done` is not called any more. NULL is none. */
void parsing_cancel(struct parsing *parsing);

#endif
