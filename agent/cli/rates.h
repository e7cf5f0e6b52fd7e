/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast what `counters` counts has grown from one look to the next. */
#ifndef SMTPFENCE_CLI_RATES_H
#define SMTPFENCE_CLI_RATES_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "counters/counters.h"

/*
 * Adds to every row of @rows, the array of `counters -j`, "packets_per_second",
 * "bytes_per_second", "attempts_per_second" and "dropped_per_second": what came since @before, the
 * same @seconds earlier. Without @before, NULL, they are null. What is new, or less than it was,
 * has begun at nothing in between. -ENOMEM.
 */
int rates_add(cJSON *rows, const cJSON *before, double seconds);

/* The @top rows (0: all) that grow fastest in @sort, or are largest in it, fastest first. */
int rates_sort(cJSON *rows, enum counters_sort sort, size_t top);

#endif
