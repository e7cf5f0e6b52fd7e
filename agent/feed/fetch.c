/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/fetch.h"

#include <errno.h>
#include <string.h>

#define FILE_SCHEME "file://"

static const struct fetch_ops *ops_of(const char *url)
{
	return strncmp(url, FILE_SCHEME, strlen(FILE_SCHEME)) == 0 ? &fetch_file : &fetch_https;
}

int fetch_new(const struct reader_context *context, const struct config_feed *config,
	      const struct fetch_owner *owner, struct fetch **ret, struct error *error)
{
	const struct fetch_ops *ops = ops_of(config->link.url);
	_cleanup_(fetch_freep) struct fetch *fetch = calloc(1, ops->size);
	int r;

	if (!fetch)
		return error_set(error, -ENOMEM, "out of memory");
	fetch->ops = ops;
	fetch->context = context;
	fetch->config = config;
	fetch->owner = *owner;
	r = ops->open(fetch, error);
	if (r < 0)
		return r;
	*ret = STEAL(fetch);
	return 0;
}

void fetch_adopt(struct fetch *fetch, const struct config_feed *config)
{
	fetch->config = config;
}

void fetch_start(struct fetch *fetch, enum reader_effort effort)
{
	fetch->ops->start(fetch, effort);
}

bool fetch_is_whole(const struct fetch *fetch, FILE *content)
{
	return fetch->ops->is_whole(fetch, content);
}

void fetch_settle(struct fetch *fetch, bool in_force)
{
	fetch->ops->settle(fetch, in_force);
}

const char *fetch_name(const struct fetch *fetch)
{
	return fetch->ops->name(fetch);
}

void fetch_free(struct fetch *fetch)
{
	if (!fetch)
		return;
	fetch->ops->close(fetch);
	free(fetch);
}
