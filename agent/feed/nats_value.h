/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A value of a decisions bucket: one record, under the key of its address. */
#ifndef SMTPFENCE_FEED_NATS_VALUE_H
#define SMTPFENCE_FEED_NATS_VALUE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/incident.h"

#define NATS_VALUE_MAX (1UL << 20) /* bytes */

/*
 * @value is not terminated. -EBADMSG: it is no record, not one of what @key says, or one of a
 * prefix wider than /24 or /48, which the guard would hold together with everybody else's; -ENOMEM.
 * What @ret points to lies in @arena.
 */
int nats_value_parse(const char *key, const char *value, size_t length, struct arena *arena,
		     struct incident *ret, struct error *error);

#endif
