/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define HTTPS_SCHEME "https://"
#define HTTP_SCHEME  "http://"
#define NATS_SCHEME  "nats://"
#define TLS_SCHEME   "tls://"

#define LOOPBACK_NET  127U
#define LOOPBACK_BITS 24

/* The part between the scheme and the path; NULL: another scheme. */
static const char *authority(const char *url, size_t *ret_length)
{
	const char *schemes[] = {HTTPS_SCHEME, HTTP_SCHEME};

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (strncmp(url, schemes[i], strlen(schemes[i])) == 0) {
			url += strlen(schemes[i]);
			*ret_length = strcspn(url, "/?#");
			return url;
		}
	return NULL;
}

/* @authority is HOST or HOST:PORT. */
static bool is_loopback(const char *authority, size_t length)
{
	_cleanup_free_ char *host = strndup(authority, length);
	struct in_addr ipv4;

	if (!host)
		return false;
	if (strncmp(host, "[::1]", 5) == 0)
		return host[5] == '\0' || host[5] == ':';
	host[strcspn(host, ":")] = '\0';
	if (inet_pton(AF_INET, host, &ipv4) == 1)
		return ntohl(ipv4.s_addr) >> LOOPBACK_BITS == LOOPBACK_NET;
	return strcmp(host, "localhost") == 0;
}

SCALAR_PARSER(parse_url)
{
	const char *text = scalar_text(source, field, node);
	const char *host;
	size_t length;

	if (!text)
		return -EINVAL;
	host = authority(text, &length);
	if (!host || length == 0 || *host == ':' || strchr(text, ' '))
		return source_error(source, node, "%s: is not a https:// URL", field->name);
	if (memchr(host, '@', length))
		return source_error(source, node,
				    "%s: holds a user or a password, which everybody would see: "
				    "put a token into a file (token_file)",
				    field->name);
	if (strncmp(text, HTTP_SCHEME, strlen(HTTP_SCHEME)) == 0 && !is_loopback(host, length))
		return source_error(source, node,
				    "%s: http:// is for loopback addresses only: use https://",
				    field->name);
	return scalar_store(source, field, text, object);
}

/* One of them, of @length bytes, behind its scheme. */
static bool is_host(const char *text, size_t length)
{
	return length > 0 && *text != ':' && !memchr(text, '/', length) &&
	       !memchr(text, '@', length) && !memchr(text, ' ', length);
}

SCALAR_PARSER(parse_nats_urls)
{
	const char *text = scalar_text(source, field, node);
	const char *scheme, *url = text;

	if (!text)
		return -EINVAL;
	scheme = strncmp(text, TLS_SCHEME, strlen(TLS_SCHEME)) == 0 ? TLS_SCHEME : NATS_SCHEME;
	for (bool more = true; more;) {
		size_t length = strcspn(url, ",");

		if (length < strlen(scheme) || strncmp(url, scheme, strlen(scheme)) != 0 ||
		    !is_host(url + strlen(scheme), length - strlen(scheme)))
			return source_error(
				source, node,
				"%s: is not nats://HOST:PORT or tls://HOST:PORT, one or "
				"more with commas between, all alike",
				field->name);
		more = url[length] == ',';
		url += length + 1;
	}
	return scalar_store(source, field, text, object);
}
