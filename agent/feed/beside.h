/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work that would hold up the event loop, in a thread of its own that sees nothing else. */
#ifndef SMTPFENCE_FEED_BESIDE_H
#define SMTPFENCE_FEED_BESIDE_H

#include <stdbool.h>
#include <stdio.h>
#include <systemd/sd-event.h>

struct beside;

struct beside_ops {
	void (*run)(void *work); /* in the thread */
	/* Afterwards, in the event loop: @work is the callee's. */
	void (*done)(void *work, void *userdata);
	void (*free)(void *work); /* instead, where beside_cancel was called */
};

/*
 * Starts with @work, which belongs to the thread until `done` or `free` gets it. On an error, which
 * is a negative errno, it stays the caller's.
 */
int beside_start(sd_event *event, const struct beside_ops *ops, void *work, void *userdata,
		 struct beside **ret);

/* `done` is not called any more; the thread is not waited for. NULL is none. */
void beside_cancel(struct beside *beside);

/* Whether to parse @content is worth a thread: what is short takes a few milliseconds. */
bool beside_is_worth(FILE *content);

#endif
