/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One receiver of reports: its interval, its spool and its deliveries. */
#ifndef SMTPFENCE_USAGE_RECEIVER_H
#define SMTPFENCE_USAGE_RECEIVER_H

#include "usage/usage.h"

struct receiver;

/* What receivers share; outlives them. */
struct receiver_context {
	sd_event *event;
	struct transfers *transfers;
	struct counters *counters;
};

int receiver_new(const struct receiver_context *context, const struct config_usage *config,
		 struct receiver **ret, struct error *error);

/* Whether it can go on with @config, which says the same in all but the interval and the limit. */
bool receiver_fits(const struct receiver *receiver, const struct config_usage *config);
void receiver_adopt(struct receiver *receiver, const struct config_usage *config);

struct usage_report receiver_report(const struct receiver *receiver);

void receiver_free(struct receiver *receiver);
DEFINE_CLEANUP(struct receiver *, receiver_free)

#endif
