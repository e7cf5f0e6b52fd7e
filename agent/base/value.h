/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON values that are null where there is nothing to say. NULL: out of memory. */
#ifndef SMTPFENCE_BASE_VALUE_H
#define SMTPFENCE_BASE_VALUE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "smtpfence/abi.h"

/* null for NULL and "". */
cJSON *value_text(const char *text);

cJSON *value_number(bool known, double number);

/* RFC 3339; null for 0. */
cJSON *value_time(int64_t wall);

/* Always with its length. */
cJSON *value_prefix(const struct smtpfence_prefix *prefix);

/* Adds @value, which is taken over, to an object or an array. False: out of memory. */
bool value_add(cJSON *object, const char *name, cJSON *value);
bool value_append(cJSON *array, cJSON *value);

/* @value, or NULL and @value freed. */
cJSON *value_if(bool complete, cJSON *value);

#endif
