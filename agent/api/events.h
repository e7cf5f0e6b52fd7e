/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_API_EVENTS_H
#define SMTPFENCE_API_EVENTS_H

#include <cjson/cJSON.h>

#include "store/store.h"

/* The last events of that prefix, oldest first; NULL: @error says why. */
cJSON *events_of_prefix(struct store *store, const struct smtpfence_prefix *prefix,
			struct error *error);

#endif
