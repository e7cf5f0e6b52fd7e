/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reading of a feed, as every format must leave it. */
#ifndef SMTPFENCE_TESTS_FUZZ_FEED_H
#define SMTPFENCE_TESTS_FUZZ_FEED_H

#include "base/prefix.h"
#include "feed/feed.h"
#include "fuzz/fuzz.h"

static inline void check_batch(const struct feed_batch *batch)
{
	for (size_t i = 0; i < batch->incident_count; i++) {
		ALWAYS(batch->incidents[i].prefix.length <= 128);
		ALWAYS(batch->incidents[i].detected || batch->incidents[i].score == 0);
	}
	for (size_t i = 0; i < batch->listing_count; i++) {
		const struct listing *item = &batch->listings[i];

		ALWAYS(item->prefix.length <= 128);
		ALWAYS(i == 0 || prefix_compare(&item[-1].prefix, &item->prefix) < 0);
	}
}

/* Taken or refused, whole: nothing in between. */
static inline int fuzz_format(const struct feed_format *format, const uint8_t *bytes, size_t size)
{
	struct feed_batch *batch = NULL;
	struct error error = {0};
	FILE *stream =
		size ? fmemopen((void *)(uintptr_t)bytes, size, "re") : fopen("/dev/null", "re");
	int r;

	ALWAYS(stream);
	r = format->parse(stream, "F", &batch, &error);
	ALWAYS((r >= 0) == (batch != NULL));
	if (batch)
		check_batch(batch);
	else
		check_refusal(&error);
	feed_batch_free(batch);
	fclose(stream);
	return 0;
}

#endif
