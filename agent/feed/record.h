/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One record of a scores feed: what the scorer says of one source, as a JSON object. */
#ifndef SMTPFENCE_FEED_RECORD_H
#define SMTPFENCE_FEED_RECORD_H

#include <cjson/cJSON.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/incident.h"

#define RECORD_EVIDENCE_MAX 1000

/*
 * Fields that are not known are ignored, so that a scorer may say more than this version reads.
 * What @ret points to lies in @arena. 0, -EBADMSG or -ENOMEM.
 */
int record_parse(const cJSON *object, struct arena *arena, struct incident *ret,
		 struct error *error);

#endif
