/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a feed's keys goes together. */
#ifndef SMTPFENCE_CONFIG_FEED_CHECK_H
#define SMTPFENCE_CONFIG_FEED_CHECK_H

#include "config/source.h"

#define FEED_INTERVAL	   10	/* s */
#define FEED_INTERVAL_NATS 3600 /* between whole readings of what comes by itself */

/* Unless told otherwise a feed is stale after so many missed readings, but not at once. */
#define FEED_STALE_INTERVALS   10
#define FEED_STALE_SECONDS_MIN 60

/* Whether there are feeds of that type. */
bool feed_has_type(const char *type);

/* @object is the struct config_feed that was read from @node. 0 or -EINVAL, the error set. */
int feed_check(const struct source *source, const yaml_node_t *node, void *object);

#endif
