/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An event as the body of an HTTPS POST; every 2xx means that it was taken. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "notify/channel.h"
#include "notify/signature.h"

#define TYPE "Content-Type: application/json"

struct webhook {
	struct channel channel;
	struct transfer *transfer; /* NULL: none is under way */
};

/* "Name: value", to be freed. */
static char *make_header(const char *name, const char *value)
{
	char *header;

	return asprintf(&header, "%s: %s", name, value) < 0 ? NULL : header;
}

/* NULL without a secret_file. Read each time: whoever puts another key there need not reload. */
static int sign(const struct config_notify *config, const struct notice *notice, char **ret,
		struct error *error)
{
	_cleanup_(secret_freep) char *secret = NULL;
	char signature[SIGNATURE_TEXT_MAX];
	int r = 0;

	*ret = NULL;
	if (!config->secret_file)
		return 0;
	r = secret_read(config->secret_file, &secret, error);
	if (r < 0)
		return r;
	if (signature_make(secret, clock_wall(), notice->text, signature) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	*ret = make_header("Smtpfence-Signature", signature);
	return *ret ? 0 : error_set(error, -ENOMEM, "out of memory");
}

/* transfer_done_fn */
static void on_done(int code, const struct transfer_result *result, const struct error *error,
		    void *userdata)
{
	struct webhook *webhook = userdata;
	const struct channel *channel = &webhook->channel;
	struct error refused;

	webhook->transfer = NULL;
	if (code == 0 && (result->status < 200 || result->status > 299)) {
		code = error_set(&refused, -EREMOTEIO, "%s: answered with HTTP status %u",
				 channel->config->name, result->status);
		error = &refused;
	}
	channel->done(code, result->retry_after, error, channel->userdata);
}

static int post(struct webhook *webhook, const struct notice *notice, const char *const *headers,
		size_t count, struct error *error)
{
	const struct config_notify *config = webhook->channel.config;
	const struct transfer_request request = {
		.url = config->link.url,
		.method = "POST",
		.headers = headers,
		.header_count = count,
		.body = notice->text,
		.body_size = strlen(notice->text),
		.ca_file = config->link.ca_file,
		.cert_file = config->link.cert_file,
		.key_file = config->link.key_file,
		.time_limit = config->time_limit,
		.done = on_done,
		.userdata = webhook,
	};

	return transfer_start(webhook->channel.context->transfers, &request, &webhook->transfer,
			      error);
}

static int send(struct channel *channel, const struct notice *notice, struct error *error)
{
	_cleanup_free_ char *key = make_header("Idempotency-Key", notice->key);
	_cleanup_free_ char *signature = NULL;
	const char *headers[] = {TYPE, key, NULL};
	int r = sign(channel->config, notice, &signature, error);

	if (r < 0)
		return r;
	if (!key)
		return error_set(error, -ENOMEM, "out of memory");
	headers[2] = signature;
	return post((struct webhook *)channel, notice, headers, signature ? 3 : 2, error);
}

static void close_webhook(struct channel *channel)
{
	struct webhook *webhook = (struct webhook *)channel;

	if (webhook->transfer)
		transfer_cancel(webhook->transfer);
}

const struct channel_ops channel_webhook = {
	.size = sizeof(struct webhook),
	.send = send,
	.close = close_webhook,
};
