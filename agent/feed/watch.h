/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells that a file may have changed. It is the folder that is watched: a watch on the file itself
 * would stay with the old one when a new one is put in its place by rename.
 */
#ifndef SMTPFENCE_FEED_WATCH_H
#define SMTPFENCE_FEED_WATCH_H

#include <systemd/sd-event.h>

#include "base/cleanup.h"

struct watch;

typedef void (*watch_fn)(void *userdata);

/* Calls @changed a moment after the file at @path changed, once for a burst of changes. */
int watch_new(sd_event *event, const char *path, watch_fn changed, void *userdata,
	      struct watch **ret);

/*
 * Watches the folder that stands at the path now, if that is not the one watched already. To be
 * called before each reading: nothing tells when a folder that was missing or was replaced
 * appears. 0 or negative errno: not watching.
 */
int watch_renew(struct watch *watch);

void watch_free(struct watch *watch);
DEFINE_CLEANUP(struct watch *, watch_free)

#endif
