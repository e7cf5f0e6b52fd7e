/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_API_USAGE_H
#define SMTPFENCE_API_USAGE_H

#include <cjson/cJSON.h>

#include "usage/usage.h"

/* The array in the object of `status`; NULL: out of memory. */
cJSON *usage_json(const struct usage *usage);

#endif
