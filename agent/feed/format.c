/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats that a feed can have, and what they all give. */
#include <string.h>

#include "feed/feed.h"

static const struct feed_format *const formats[] = {
	&feed_format_ndjson,
	&feed_format_list,
	&feed_format_drop,
};

const struct feed_format *feed_format_find(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(formats[i]->type, type) == 0)
			return formats[i];
	return NULL;
}

int feed_apply(const struct feed_target *target, const struct config_feed *feed,
	       const struct feed_batch *batch, void *userdata, struct error *error)
{
	void *work;
	int r = target->begin(feed, batch, false, userdata, &work, error);

	if (r < 0)
		return r;
	do
		r = target->step(work, error);
	while (r > 0);
	target->end(work);
	return r;
}

void feed_batch_free(struct feed_batch *batch)
{
	if (!batch)
		return;
	arena_clear(&batch->texts);
	free(batch->incidents);
	free(batch->listings);
	free(batch->removed);
	free(batch);
}
