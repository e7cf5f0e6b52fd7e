/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is counted of each feed, as metrics. */
#ifndef SMTPFENCE_API_METRICS_FEEDS_H
#define SMTPFENCE_API_METRICS_FEEDS_H

#include <stdio.h>

#include "feed/feed.h"

void metrics_feeds(FILE *out, const struct feeds *feeds);

#endif
