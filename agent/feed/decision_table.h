/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a server holds against whom: the sum of its answers. Several decisions may name one prefix,
 * and it is listed until the last of them ends.
 */
#ifndef SMTPFENCE_FEED_DECISION_TABLE_H
#define SMTPFENCE_FEED_DECISION_TABLE_H

#include <stdbool.h>

#include "feed/decisions.h"
#include "feed/feed.h"

struct decision_table {
	struct decision *items; /* owned; sorted by decision_compare, without duplicates */
	size_t count;
};

void decision_table_clear(struct decision_table *table);

/*
 * Adds @answer to @table, or where it is @whole puts it in its place. @ret is the new table, and
 * @ret_batch what has changed (@whole: all there is) as a list feed tells it; @table stays as it
 * is, so that a batch that was not taken can be forgotten with @ret. @answer may have been emptied.
 * 0 or -ENOMEM.
 */
int decision_table_add(const struct decision_table *table, struct decisions *answer, bool whole,
		       struct decision_table *ret, struct feed_batch **ret_batch,
		       struct error *error);

#endif
