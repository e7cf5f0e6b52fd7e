/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to a CrowdSec local API. */
#ifndef SMTPFENCE_FEED_LAPI_H
#define SMTPFENCE_FEED_LAPI_H

#include "config/config.h"
#include "feed/decisions.h"
#include "transfer/transfer.h"

#define LAPI_HEADERS_MAX 2

/* Which of its decisions are ours. */
struct decision_filter lapi_filter(const struct config_feed *config);

/* Whether both say the same of the server and of what is wanted of it. */
bool lapi_is_same(const struct config_feed *a, const struct config_feed *b);

/* What to ask for decisions: all that are in force (@whole), or what has changed since. */
const char *lapi_stream(const struct config_feed *config, bool whole);

struct lapi_request {
	char *url;
	char *key; /* a header; NULL: the server knows us by our certificate */
	const char *headers[LAPI_HEADERS_MAX];
	struct transfer_request transfer; /* of these */
};

/*
 * Fills @ret with a GET of @target, a path and a query, at the base URL of @config, with the key
 * out of its file as it is now. The caller adds what else it wants to `transfer`. 0 or a negative
 * errno; then nothing is to be cleared.
 */
int lapi_prepare(const struct config_feed *config, const char *target, struct lapi_request *ret,
		 struct error *error);

/* Makes it a POST of a JSON text, which stays the caller's. */
void lapi_post(struct lapi_request *request, const char *json);

/* What the status of an answer means. 0: it is what was asked for; -EREMOTEIO. */
int lapi_judge(const struct config_feed *config, unsigned int status, struct error *error);

void lapi_request_clear(struct lapi_request *request);

#endif
