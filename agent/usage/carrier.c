/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "usage/carrier.h"

#include <errno.h>
#include <string.h>

static const struct carrier_ops *ops_of(const struct config_usage *config)
{
	return strncmp(config->link.url, "http", strlen("http")) == 0 ? &carrier_https
								      : &carrier_nats;
}

int carrier_new(const struct carrier_context *context, struct carrier **ret, struct error *error)
{
	const struct carrier_ops *ops = ops_of(context->config);
	_cleanup_(carrier_freep) struct carrier *carrier = calloc(1, ops->size);
	int r;

	if (!carrier)
		return error_set(error, -ENOMEM, "out of memory");
	carrier->ops = ops;
	carrier->context = *context;
	r = ops->open(carrier, error);
	if (r < 0)
		return r;
	*ret = STEAL(carrier);
	return 0;
}

void carrier_adopt(struct carrier *carrier, const struct config_usage *config)
{
	carrier->context.config = config;
}

int carrier_send(struct carrier *carrier, const struct spool_report *report, const char *text,
		 struct error *error)
{
	return carrier->ops->send(carrier, report, text, error);
}

void carrier_free(struct carrier *carrier)
{
	if (!carrier)
		return;
	carrier->ops->close(carrier);
	free(carrier);
}
