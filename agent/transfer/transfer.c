/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request: its options, its body, its redirects and what became of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "transfer/internal.h"

#define CONNECT_LIMIT_SEC 10L
#define NSEC_PER_MSEC	  1000000ULL
#define SPOKEN		  "https,http" /* which of them, transfer_check_url says */

/* libcurl copies what it is given, but a body only if asked: every failure is of memory. */
#define SET(transfer, option, value)                                                               \
	(curl_easy_setopt((transfer)->curl, (option), (value)) == CURLE_OK)

static int add_header(struct transfer *transfer, const char *name, const char *value,
		      struct error *error)
{
	_cleanup_free_ char *line = NULL;
	struct curl_slist *longer;

	/* A line break would begin another header. */
	if (strpbrk(value, "\r\n"))
		return error_set(error, -EINVAL, "%s: a header holds a line break",
				 transfer->url_text);
	if (asprintf(&line, "%s%s", name, value) < 0) {
		line = NULL;
		return error_set(error, -ENOMEM, "out of memory");
	}
	longer = curl_slist_append(transfer->headers, line);
	if (!longer)
		return error_set(error, -ENOMEM, "out of memory");
	transfer->headers = longer;
	return 0;
}

static int set_headers(struct transfer *transfer, const struct transfer_request *request,
		       struct error *error)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < request->header_count; i++)
		r = add_header(transfer, "", request->headers[i], error);
	if (r >= 0 && request->etag)
		r = add_header(transfer, "If-None-Match: ", request->etag, error);
	if (r >= 0 && request->last_modified)
		r = add_header(transfer, "If-Modified-Since: ", request->last_modified, error);
	if (r < 0)
		return r;
	return SET(transfer, CURLOPT_HTTPHEADER, transfer->headers)
		       ? 0
		       : error_set(error, -ENOMEM, "out of memory");
}

/* Found out here, and not from a TLS library's words in the middle of a handshake. */
static int check_file(const char *path, struct error *error)
{
	if (path && access(path, R_OK) < 0)
		return error_set(error, -errno, "%s: cannot be read: %s", path, strerror(errno));
	return 0;
}

static int set_tls(struct transfer *transfer, const struct transfer_request *request,
		   struct error *error)
{
	int r = check_file(request->ca_file, error);

	if (r >= 0)
		r = check_file(request->cert_file, error);
	if (r >= 0)
		r = check_file(request->key_file, error);
	if (r < 0)
		return r;
	if (!SET(transfer, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ||
	    (request->ca_file && !SET(transfer, CURLOPT_CAINFO, request->ca_file)) ||
	    /* Else the system's authorities would be trusted beside it. */
	    (request->ca_file && !SET(transfer, CURLOPT_CAPATH, NULL)) ||
	    (request->cert_file && !SET(transfer, CURLOPT_SSLCERT, request->cert_file)) ||
	    (request->key_file && !SET(transfer, CURLOPT_SSLKEY, request->key_file)))
		return error_set(error, -ENOMEM, "out of memory");
	return 0;
}

static bool set_body(struct transfer *transfer, const struct transfer_request *request)
{
	return !request->body ||
	       (SET(transfer, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size) &&
		SET(transfer, CURLOPT_COPYPOSTFIELDS, request->body));
}

/* For the whole of it, so that a redirect gets only what is left. */
static bool set_deadline(struct transfer *transfer)
{
	uint64_t now = clock_boot_ns();
	uint64_t left = now < transfer->deadline ? (transfer->deadline - now) / NSEC_PER_MSEC : 0;

	return SET(transfer, CURLOPT_TIMEOUT_MS, left > 0 ? (long)left : 1L);
}

static bool set_limits(struct transfer *transfer, const struct transfer_request *request)
{
	transfer->deadline = clock_boot_ns() + request->time_limit * NSEC_PER_SEC;
	return set_deadline(transfer) && SET(transfer, CURLOPT_CONNECTTIMEOUT, CONNECT_LIMIT_SEC) &&
	       (!request->stall_limit ||
		(SET(transfer, CURLOPT_LOW_SPEED_LIMIT, 1L) &&
		 SET(transfer, CURLOPT_LOW_SPEED_TIME, (long)request->stall_limit)));
}

static bool set_url(struct transfer *transfer)
{
	/* A proxy of the environment is for what leaves this host. */
	return SET(transfer, CURLOPT_URL, transfer->url) &&
	       (url_is_https(transfer->url) || SET(transfer, CURLOPT_PROXY, ""));
}

static bool set_options(struct transfer *transfer, const struct transfer_request *request)
{
	return set_url(transfer) && SET(transfer, CURLOPT_PROTOCOLS_STR, SPOKEN) &&
	       SET(transfer, CURLOPT_NOSIGNAL, 1L) && SET(transfer, CURLOPT_PRIVATE, transfer) &&
	       /* Else a transfer that ends waits for a name server that does not answer. */
	       SET(transfer, CURLOPT_QUICK_EXIT, 1L) &&
	       SET(transfer, CURLOPT_ERRORBUFFER, transfer->detail) &&
	       SET(transfer, CURLOPT_USERAGENT, "smtpfence/" SMTPFENCE_VERSION) &&
	       SET(transfer, CURLOPT_ACCEPT_ENCODING, "gzip") &&
	       SET(transfer, CURLOPT_HTTP_CONTENT_DECODING, 0L) && /* body.c does */
	       SET(transfer, CURLOPT_WRITEFUNCTION, body_take) &&
	       SET(transfer, CURLOPT_WRITEDATA, transfer) && set_body(transfer, request) &&
	       (!request->method || SET(transfer, CURLOPT_CUSTOMREQUEST, request->method)) &&
	       set_limits(transfer, request);
}

static bool set_fields(struct transfer *transfer, const struct transfer_request *request)
{
	const char *method = request->method ? request->method : "GET";

	transfer->body.limit = request->size_limit;
	transfer->write = request->write;
	transfer->done = request->done;
	transfer->userdata = request->userdata;
	transfer->is_get = strcmp(method, "GET") == 0 && !request->body;
	transfer->url = strdup(request->url);
	transfer->url_text = transfer_url_text(request->url);
	transfer->curl = curl_easy_init();
	return transfer->url && transfer->url_text && transfer->curl;
}

int transfer_new(const struct transfer_request *request, struct transfer **ret, struct error *error)
{
	_cleanup_(transfer_freep) struct transfer *transfer = NULL;
	int r = transfer_check_url(request->url, error);

	if (r < 0)
		return r;
	transfer = calloc(1, sizeof(*transfer));
	if (!transfer || !set_fields(transfer, request) || !set_options(transfer, request))
		return error_set(error, -ENOMEM, "out of memory");
	r = set_headers(transfer, request, error);
	if (r >= 0)
		r = set_tls(transfer, request, error);
	if (r < 0)
		return r;
	*ret = STEAL(transfer);
	return 0;
}

void transfer_free(struct transfer *transfer)
{
	if (!transfer)
		return;
	curl_easy_cleanup(transfer->curl);
	curl_slist_free_all(transfer->headers);
	body_clear(&transfer->body);
	free(transfer->url);
	free(transfer->url_text);
	free(transfer);
}

static int follow(struct transfer *transfer, const char *url, struct error *error)
{
	bool same = url_same_origin(transfer->url, url);

	free(transfer->url);
	transfer->url = strdup(url);
	/* Its certificate and headers may hold what makes the first server trust us. */
	if (!transfer->url || !set_url(transfer) || !set_deadline(transfer) ||
	    (!same &&
	     !(SET(transfer, CURLOPT_HTTPHEADER, NULL) && SET(transfer, CURLOPT_SSLCERT, NULL) &&
	       SET(transfer, CURLOPT_SSLKEY, NULL) && SET(transfer, CURLOPT_USERPWD, NULL))))
		return error_set(error, -ENOMEM, "out of memory");
	return 1;
}

int transfer_redirect(struct transfer *transfer, struct error *error)
{
	_cleanup_free_ char *text = NULL;
	char *url = NULL;

	curl_easy_getinfo(transfer->curl, CURLINFO_REDIRECT_URL, &url);
	if (!url || !transfer->is_get)
		return 0;
	text = transfer_url_text(url);
	if (!url_is_https(url))
		return error_set(error, -EPERM, "%s: leads to %s, which is not https",
				 transfer->url_text, text ? text : "something else");
	if (++transfer->redirects > TRANSFER_REDIRECTS_MAX)
		return error_set(error, -ELOOP, "%s: more than %d redirects", transfer->url_text,
				 TRANSFER_REDIRECTS_MAX);
	return follow(transfer, url, error);
}

static int errno_of(CURLcode code)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return -EHOSTUNREACH;
	case CURLE_COULDNT_CONNECT:
		return -ECONNREFUSED;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
		return -EKEYREJECTED;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	default:
		return -EPROTO;
	}
}

int transfer_outcome(struct transfer *transfer, CURLcode code, struct error *error)
{
	if (code == CURLE_OK)
		transfer->code = body_end(transfer, &transfer->error);
	if (transfer->code < 0)
		return error_set(error, transfer->code, "%s: %s", transfer->url_text,
				 transfer->error.text);
	if (code == CURLE_OK)
		return 0;
	return error_set(error, errno_of(code), "%s: %s", transfer->url_text,
			 transfer->detail[0] ? transfer->detail : curl_easy_strerror(code));
}

const char *transfer_header(const struct transfer *transfer, const char *name)
{
	struct curl_header *found;

	return curl_easy_header(transfer->curl, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK
		       ? found->value
		       : NULL;
}

struct transfer_result transfer_result(const struct transfer *transfer)
{
	curl_off_t retry_after = 0;
	long status = 0;

	curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->curl, CURLINFO_RETRY_AFTER, &retry_after);
	return (struct transfer_result){
		.status = (unsigned int)status,
		.size = transfer->body.size,
		.retry_after = retry_after > 0 ? (uint64_t)retry_after : 0,
		.etag = transfer_header(transfer, "ETag"),
		.last_modified = transfer_header(transfer, "Last-Modified"),
		.content_type = transfer_header(transfer, "Content-Type"),
	};
}
