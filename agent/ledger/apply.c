/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/apply.h"

#include <errno.h>

#include "ledger/guard.h"

static int apply_batch(struct ledger *ledger, const struct config_feed *feed,
		       const struct feed_batch *batch, struct error *error)
{
	if (batch->kind == CONFIG_FEED_LIST)
		return apply_list(ledger, feed, batch, error);
	return apply_scores(ledger, feed, batch, error);
}

int ledger_apply(const struct config_feed *feed, const struct feed_batch *batch, void *userdata,
		 struct error *error)
{
	struct ledger *ledger = userdata;
	struct error problem = {""};
	int r = apply_batch(ledger, feed, batch, &problem), noted = 0;

	if (r == -EBUSY)
		noted = guard_hold(ledger, feed->name, &problem, error);
	else if (r >= 0)
		noted = guard_release(ledger, feed->name, error);
	if (noted < 0)
		return noted;
	return r < 0 ? error_set(error, r, "%s", problem.text) : 0;
}
