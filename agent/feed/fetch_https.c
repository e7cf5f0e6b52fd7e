/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * https://: downloaded into a file without a name, beside the database, and handed over when all
 * of it is there. A server that still has what is in force says so (304) and sends nothing.
 */
#include <errno.h>
#include <string.h>

#include "base/secret.h"
#include "feed/download.h"
#include "feed/fetch.h"

#define STALL_LIMIT 30 /* s */

#define STATUS_OK	    200
#define STATUS_NOT_MODIFIED 304

/* By what a server knows a version of its content; NULL: it does not. */
struct version {
	char *etag, *last_modified;
};

struct https {
	struct fetch fetch;
	char *name;		   /* the URL without its secrets */
	struct download *download; /* NULL: none is under way */
	struct version came;	   /* of what was handed over last */
	bool in_force;		   /* and what has become of it */
	bool asked_for_change;	   /* the download may be answered by 304 */
};

static struct https *https_of(struct fetch *fetch)
{
	return (struct https *)fetch;
}

static void version_clear(struct version *version)
{
	free(version->etag);
	free(version->last_modified);
	*version = (struct version){};
}

static int open_https(struct fetch *fetch, struct error *error)
{
	struct https *https = https_of(fetch);

	https->name = transfer_url_text(fetch->config->link.url);
	if (!https->name)
		return error_set(error, -EINVAL, "its url is not one that can be understood");
	return 0;
}

static int keep_version(struct https *https, const struct transfer_result *result,
			struct error *error)
{
	version_clear(&https->came);
	if (result->etag)
		https->came.etag = strdup(result->etag);
	if (result->last_modified)
		https->came.last_modified = strdup(result->last_modified);
	if ((result->etag && !https->came.etag) ||
	    (result->last_modified && !https->came.last_modified))
		return error_set(error, -ENOMEM, "out of memory");
	return 0;
}

static const char *meaning_of(unsigned int status)
{
	switch (status) {
	case 401:
	case 403:
		return ": it does not let this host in (see token_file and cert_file)";
	case 404:
	case 410:
		return ": there is nothing";
	case 429:
		return ": it is asked too often";
	default:
		return status >= 500 ? ": it is out of order" : "";
	}
}

/* What an answer means. 0: its body is content; 1: nothing has changed; negative errno. */
static int judge(const struct https *https, const struct transfer_result *result,
		 struct error *error)
{
	if (result->status == STATUS_OK)
		return 0;
	if (result->status == STATUS_NOT_MODIFIED && https->asked_for_change)
		return 1;
	return error_set(error, -EREMOTEIO, "%s: the server answered %u%s", https->name,
			 result->status, meaning_of(result->status));
}

/* The same, and keeps in mind what the content is known by. */
static int receive(struct https *https, const struct transfer_result *result, struct error *error)
{
	int r = judge(https, result, error);

	if (r != 0)
		return r;
	https->in_force = false;
	return keep_version(https, result, error);
}

static void on_done(int code, const struct transfer_result *result, FILE *content,
		    const struct error *error, void *userdata)
{
	_cleanup_fclose_ FILE *owned = content;
	struct https *https = userdata;
	const struct fetch_owner *owner = &https->fetch.owner;
	struct error own = *error;

	https->download = NULL;
	if (code >= 0)
		code = receive(https, result, &own);
	https->fetch.retry_after = result->retry_after;
	owner->done(code < 0 ? code : 0, code == 0 ? STEAL(owned) : NULL, &own, owner->userdata);
}

static int begin(struct https *https, enum reader_effort effort, struct error *error)
{
	const struct reader_context *context = https->fetch.context;
	const struct config_feed *config = https->fetch.config;
	_cleanup_(secret_freep) char *authorization = NULL;
	struct transfer_request request = {
		.url = config->link.url,
		.headers = (const char *const *)&authorization,
		.ca_file = config->link.ca_file,
		.cert_file = config->link.cert_file,
		.key_file = config->link.key_file,
		.time_limit = config->time_limit,
		.stall_limit = STALL_LIMIT,
		.size_limit = config->size_limit,
	};
	int r = 0;

	if (config->token_file)
		r = secret_read_header(config->token_file, "Authorization: Bearer ", &authorization,
				       error);
	if (r < 0)
		return r;
	request.header_count = authorization ? 1 : 0;
	if (effort == READER_IF_CHANGED && https->in_force) {
		request.etag = https->came.etag;
		request.last_modified = https->came.last_modified;
	}
	https->asked_for_change = request.etag || request.last_modified;
	return download_start(context->transfers, context->config, &request, on_done, https,
			      &https->download, error);
}

static void start(struct fetch *fetch, enum reader_effort effort)
{
	struct error error = {};
	int r = begin(https_of(fetch), effort, &error);

	if (r < 0)
		fetch->owner.done(r, NULL, &error, fetch->owner.userdata);
}

static bool is_whole(const struct fetch *fetch, FILE *content)
{
	(void)fetch;
	(void)content;
	return true; /* nobody else has it */
}

static void settle(struct fetch *fetch, bool in_force)
{
	https_of(fetch)->in_force = in_force;
}

static const char *name(const struct fetch *fetch)
{
	return ((const struct https *)fetch)->name;
}

static void close_https(struct fetch *fetch)
{
	struct https *https = https_of(fetch);

	if (https->download)
		download_cancel(https->download);
	version_clear(&https->came);
	free(https->name);
}

const struct fetch_ops fetch_https = {
	.size = sizeof(struct https),
	.is_remote = true,
	.open = open_https,
	.start = start,
	.is_whole = is_whole,
	.settle = settle,
	.name = name,
	.close = close_https,
};
