/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A feed that somebody has paused: it is neither read nor followed, and what it said stays. */
#include "feed/reader.h"

static int start(struct reader *reader, struct error *error)
{
	(void)error;
	reader->report.state = FEED_PAUSED;
	return 0;
}

/* When it is resumed, it begins with the configuration that is valid then. */
static bool fits(const struct reader *reader, const struct config_feed *config)
{
	(void)reader;
	(void)config;
	return true;
}

static void adopt(struct reader *reader, const struct config_feed *config)
{
	reader->report.config = config;
}

static void read_nothing(struct reader *reader, enum reader_effort effort)
{
	(void)reader;
	(void)effort;
}

static void stop(struct reader *reader)
{
	(void)reader;
}

const struct reader_ops reader_paused = {
	.size = sizeof(struct reader),
	.start = start,
	.fits = fits,
	.adopt = adopt,
	.read = read_nothing,
	.stop = stop,
};
