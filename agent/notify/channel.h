/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a receiver is reached: one notice at a time. */
#ifndef SMTPFENCE_NOTIFY_CHANNEL_H
#define SMTPFENCE_NOTIFY_CHANNEL_H

#include <cjson/cJSON.h>
#include <systemd/sd-event.h>

#include "config/config.h"
#include "transfer/transfer.h"

/* One event, as it is sent. */
struct notice {
	const cJSON *event;
	const char *text; /* of it, on one line */
	const char *key;  /* the same each time this notice is sent, and no other notice's */
};

/* What all channels share. */
struct channel_context {
	sd_event *event;
	struct transfers *transfers;
};

/*
 * What has become of the notice: 0, it was taken; negative errno, and @error names the channel.
 * @retry_after: s that the receiver wants to have until the next one; 0: not told. Called once for
 * each send that has returned 0, from the event loop.
 */
typedef void (*channel_done_fn)(int code, uint64_t retry_after, const struct error *error,
				void *userdata);

/* What every kind has; the first member of its own struct. */
struct channel {
	const struct channel_ops *ops;
	const struct channel_context *context;
	const struct config_notify *config;
	channel_done_fn done;
	void *userdata;
};

struct channel_ops {
	size_t size; /* of the struct that begins with a struct channel */
	/* A negative errno: for a reason on this host nothing can be sent, and nothing was. */
	int (*send)(struct channel *channel, const struct notice *notice, struct error *error);
	/* Gives up what is under way: `done` is not called any more. */
	void (*close)(struct channel *channel);
};

extern const struct channel_ops channel_webhook; /* webhook.c */
extern const struct channel_ops channel_command; /* command.c */
extern const struct channel_ops channel_nats;	 /* nats.c */

#endif
