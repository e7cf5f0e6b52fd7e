/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_API_FEEDS_H
#define SMTPFENCE_API_FEEDS_H

#include <cjson/cJSON.h>

#include "feed/feed.h"

/* The array in status.feeds. NULL: out of memory. */
cJSON *feeds_json(const struct feeds *feeds);

#endif
