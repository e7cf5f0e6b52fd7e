/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_API_NOTIFY_H
#define SMTPFENCE_API_NOTIFY_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "notify/notify.h"

/* For status: [{receiver, state, pending, last_success, error}]. NULL: out of memory. */
cJSON *notify_json(const struct notify *notify);

/* The metrics of all receivers. */
void notify_write_metrics(FILE *out, const struct notify *notify);

#endif
