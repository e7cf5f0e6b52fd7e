/* SPDX-License-Identifier: GPL-2.0-or-later */
/* https://: a POST, whose status says what has become of it. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/secret.h"
#include "usage/carrier.h"

#define TIME_LIMIT 60 /* s for one report */

struct https {
	struct carrier carrier;
	struct transfer *transfer; /* under way, or NULL */
};

static int open_https(struct carrier *carrier, struct error *error)
{
	(void)carrier;
	(void)error;
	return 0;
}

static bool is_delivered(unsigned int status)
{
	/* 409 Conflict: it has this one already. */
	return (status >= 200 && status < 300) || status == 409;
}

/* Bad Request, Content Too Large, Unsupported Media Type, Unprocessable Content (RFC 9110). */
static bool is_bad_report(unsigned int status)
{
	return status == 400 || status == 413 || status == 415 || status == 422;
}

static void on_answer(int code, const struct transfer_result *result, const struct error *error,
		      void *userdata)
{
	struct https *https = userdata;
	const struct carrier_context *context = &https->carrier.context;
	_cleanup_free_ char *url = transfer_url_text(context->config->link.url);
	struct error problem = *error;
	enum carrier_outcome outcome = CARRIER_FAILED;

	https->transfer = NULL;
	if (code >= 0)
		error_set(&problem, -EPROTO, "%s answers with status %u", url ? url : "it",
			  result->status);
	if (code >= 0 && is_delivered(result->status))
		outcome = CARRIER_DELIVERED;
	else if (code >= 0 && is_bad_report(result->status))
		outcome = CARRIER_REFUSED;
	context->done(outcome, &problem, result->retry_after, context->userdata);
}

static int send_https(struct carrier *carrier, const struct spool_report *report, const char *text,
		      struct error *error)
{
	struct https *https = (struct https *)carrier;
	const struct config_usage *config = carrier->context.config;
	const char *headers[] = {"Content-Type: application/json", NULL};
	_cleanup_(secret_freep) char *authorization = NULL;
	int r = config->token_file
			? secret_read_header(config->token_file, "Authorization: Bearer ",
					     &authorization, error)
			: 0;

	if (r < 0)
		return r;
	headers[1] = authorization;
	return transfer_start(carrier->context.transfers,
			      &(struct transfer_request){
				      .url = config->link.url,
				      .method = "POST",
				      .headers = headers,
				      .header_count = authorization ? 2 : 1,
				      .body = text,
				      .body_size = report->size,
				      .ca_file = config->link.ca_file,
				      .cert_file = config->link.cert_file,
				      .key_file = config->link.key_file,
				      .time_limit = TIME_LIMIT,
				      .done = on_answer,
				      .userdata = https,
			      },
			      &https->transfer, error);
}

static void close_https(struct carrier *carrier)
{
	struct https *https = (struct https *)carrier;

	if (https->transfer)
		transfer_cancel(https->transfer);
}

const struct carrier_ops carrier_https = {
	.size = sizeof(struct https),
	.open = open_https,
	.send = send_https,
	.close = close_https,
};
