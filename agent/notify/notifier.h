/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Serves one receiver: sends it the events of the outbox, each until it is taken. */
#ifndef SMTPFENCE_NOTIFY_NOTIFIER_H
#define SMTPFENCE_NOTIFY_NOTIFIER_H

#include "notify/channel.h"
#include "notify/notify.h"

struct notifier;

/* The arguments outlive it, but for the configuration: notifier_adopt. */
int notifier_new(const struct channel_context *context, const struct notify_outbox *outbox,
		 const struct config_notify *config, struct notifier **ret, struct error *error);

/* Goes on with a configuration that says the same. False: it says something else. */
bool notifier_adopt(struct notifier *notifier, const struct config_notify *config);

/* Looks for events in a later turn of the event loop, unless it is busy. */
void notifier_kick(struct notifier *notifier);

struct notify_report notifier_report(const struct notifier *notifier);

void notifier_free(struct notifier *notifier);
DEFINE_CLEANUP(struct notifier *, notifier_free)

#endif
