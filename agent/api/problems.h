/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is not as it should be: one sentence each. */
#ifndef SMTPFENCE_API_PROBLEMS_H
#define SMTPFENCE_API_PROBLEMS_H

#include "api/internal.h"

/* An array of strings, empty where all is well. @maps is counters_maps_json(). NULL: no memory. */
cJSON *problems_json(const struct api *api, const cJSON *maps);

#endif
