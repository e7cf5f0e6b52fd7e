/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which URLs are spoken to, and what of them may be shown. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "transfer/internal.h"

#define LOOPBACK_NET  127U
#define LOOPBACK_BITS 24

static CURLU *parse(const char *url)
{
	CURLU *parsed = curl_url();

	if (parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK) {
		curl_url_cleanup(parsed);
		return NULL;
	}
	return parsed;
}

/* NULL: there is no such part. Release with curl_free. */
static char *get_part(CURLU *parsed, CURLUPart part)
{
	char *text = NULL;

	return curl_url_get(parsed, part, &text, CURLU_DEFAULT_PORT) == CURLUE_OK ? text : NULL;
}

static bool is_loopback(const char *host)
{
	struct in_addr ipv4;

	if (inet_pton(AF_INET, host, &ipv4) == 1)
		return ntohl(ipv4.s_addr) >> LOOPBACK_BITS == LOOPBACK_NET;
	/* libcurl itself takes "localhost" for these addresses, without asking anyone. */
	return strcmp(host, "[::1]") == 0 || strcmp(host, "localhost") == 0;
}

bool url_is_https(const char *url)
{
	_cleanup_(curl_url_cleanupp) CURLU *parsed = parse(url);
	_cleanup_(curl_freep) char *scheme = parsed ? get_part(parsed, CURLUPART_SCHEME) : NULL;

	return scheme && strcmp(scheme, "https") == 0;
}

static bool same_part(CURLU *a, CURLU *b, CURLUPart part)
{
	_cleanup_(curl_freep) char *of_a = get_part(a, part);
	_cleanup_(curl_freep) char *of_b = get_part(b, part);

	return of_a && of_b && strcasecmp(of_a, of_b) == 0;
}

bool url_same_origin(const char *a, const char *b)
{
	_cleanup_(curl_url_cleanupp) CURLU *of_a = parse(a);
	_cleanup_(curl_url_cleanupp) CURLU *of_b = parse(b);

	return of_a && of_b && same_part(of_a, of_b, CURLUPART_SCHEME) &&
	       same_part(of_a, of_b, CURLUPART_HOST) && same_part(of_a, of_b, CURLUPART_PORT);
}

char *transfer_url_text(const char *url)
{
	static const CURLUPart secrets[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS,
					    CURLUPART_QUERY, CURLUPART_FRAGMENT};
	_cleanup_(curl_url_cleanupp) CURLU *parsed = parse(url);
	_cleanup_(curl_freep) char *text = NULL;

	if (!parsed)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		curl_url_set(parsed, secrets[i], NULL, 0);
	if (curl_url_get(parsed, CURLUPART_URL, &text, 0) != CURLUE_OK)
		return NULL;
	return strdup(text);
}

int transfer_check_url(const char *url, struct error *error)
{
	_cleanup_(curl_url_cleanupp) CURLU *parsed = parse(url);
	_cleanup_(curl_freep) char *scheme = parsed ? get_part(parsed, CURLUPART_SCHEME) : NULL;
	_cleanup_(curl_freep) char *host = parsed ? get_part(parsed, CURLUPART_HOST) : NULL;
	_cleanup_free_ char *text = transfer_url_text(url);

	if (!scheme || !host || !text) /* it is not quoted: what cannot be read may be a secret */
		return error_set(error, -EINVAL, "not a URL that can be understood");
	if (strcmp(scheme, "https") == 0)
		return 0;
	if (strcmp(scheme, "http") != 0)
		return error_set(error, -EINVAL, "%s: %s is not spoken: use https://", text,
				 scheme);
	if (!is_loopback(host))
		return error_set(error, -EINVAL,
				 "%s: http is for loopback addresses only: use https://", text);
	return 0;
}
