/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/lapi.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"

#define STREAM		    "/v1/decisions/stream"
#define STATUS_OK	    200
#define STATUS_UNAUTHORIZED 401
#define STATUS_FORBIDDEN    403
#define STALL_LIMIT	    30 /* s */

struct decision_filter lapi_filter(const struct config_feed *config)
{
	struct decision_filter filter = {
		.types = (const char *const *)config->types,
		.type_count = config->type_count,
	};

	for (size_t i = 0; i < config->scope_count; i++)
		filter.scopes |=
			config->scopes[i] == CONFIG_SCOPE_IP ? DECISION_IP : DECISION_RANGE;
	return filter;
}

static bool same_types(const struct config_feed *a, const struct config_feed *b)
{
	if (a->type_count != b->type_count)
		return false;
	for (size_t i = 0; i < a->type_count; i++)
		if (strcmp(a->types[i], b->types[i]) != 0)
			return false;
	return true;
}

bool lapi_is_same(const struct config_feed *a, const struct config_feed *b)
{
	return config_same_link(&a->link, &b->link) &&
	       text_same(a->api_key_file, b->api_key_file) &&
	       lapi_filter(a).scopes == lapi_filter(b).scopes && same_types(a, b);
}

const char *lapi_stream(const struct config_feed *config, bool whole)
{
	static const char *const targets[][2] = {
		[DECISION_IP] = {STREAM "?startup=false&scopes=ip",
				 STREAM "?startup=true&scopes=ip"},
		[DECISION_RANGE] = {STREAM "?startup=false&scopes=range",
				    STREAM "?startup=true&scopes=range"},
		[DECISION_IP | DECISION_RANGE] = {STREAM "?startup=false&scopes=ip,range",
						  STREAM "?startup=true&scopes=ip,range"},
	};

	return targets[lapi_filter(config).scopes][whole];
}

static int make_url(const char *base, const char *target, char **ret, struct error *error)
{
	int length = (int)strlen(base);

	while (length > 0 && base[length - 1] == '/')
		length--;
	if (asprintf(ret, "%.*s%s", length, base, target) >= 0)
		return 0;
	*ret = NULL;
	return error_set(error, -ENOMEM, "out of memory");
}

int lapi_prepare(const struct config_feed *config, const char *target, struct lapi_request *ret,
		 struct error *error)
{
	int r;

	*ret = (struct lapi_request){0};
	r = make_url(config->link.url, target, &ret->url, error);
	if (r >= 0 && config->api_key_file)
		r = secret_read_header(config->api_key_file, "X-Api-Key: ", &ret->key, error);
	if (r < 0) {
		lapi_request_clear(ret);
		return r;
	}
	ret->headers[0] = ret->key;
	ret->transfer = (struct transfer_request){
		.url = ret->url,
		.headers = ret->headers,
		.header_count = ret->key ? 1 : 0,
		.ca_file = config->link.ca_file,
		.cert_file = config->link.cert_file,
		.key_file = config->link.key_file,
		.time_limit = config->time_limit,
		.stall_limit = STALL_LIMIT,
		.size_limit = config->size_limit,
	};
	return 0;
}

void lapi_post(struct lapi_request *request, const char *json)
{
	request->headers[request->transfer.header_count++] = "Content-Type: application/json";
	request->transfer.method = "POST";
	request->transfer.body = json;
	request->transfer.body_size = strlen(json);
}

int lapi_judge(const struct config_feed *config, unsigned int status, struct error *error)
{
	_cleanup_free_ char *text = transfer_url_text(config->link.url);
	const char *url = text ? text : "the server";

	if (status == STATUS_OK)
		return 0;
	if (status == STATUS_FORBIDDEN || status == STATUS_UNAUTHORIZED)
		return error_set(error, -EREMOTEIO,
				 "%s answered %u: it does not know the key in %s: see `cscli "
				 "bouncers list`",
				 url, status,
				 config->api_key_file ? config->api_key_file
						      : config->link.key_file);
	return error_set(error, -EREMOTEIO, "%s answered %u", url, status);
}

void lapi_request_clear(struct lapi_request *request)
{
	free(request->url);
	secret_free(request->key);
	*request = (struct lapi_request){0};
}
