/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Incidents in an order in which the store takes many of them quickly. */
#ifndef SMTPFENCE_FEED_ARRANGE_H
#define SMTPFENCE_FEED_ARRANGE_H

#include "feed/feed.h"

/* Up to so many stay as they were told, which reads well in the events. */
#define ARRANGE_KEPT 500

/*
 * More go by their prefixes, so that neighbours in the store are written together. What is told of
 * one IPv6 unit keeps its order. Takes its time, so beside the event loop; without memory for it
 * all stays as it is.
 */
void incidents_arrange(struct feed_batch *batch);

#endif
