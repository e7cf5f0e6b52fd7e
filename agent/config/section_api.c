/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/un.h>

#include "config/config.h"
#include "config/scalar.h"
#include "config/sections.h"

#define GROUP_NAME_MAX 32

/* Takes "127.0.0.1:9925" or "[::1]:9925" apart, in place. Returns the address, or NULL. */
static char *split_listen(char *text, uint16_t *ret_port)
{
	unsigned char address[sizeof(struct in6_addr)];
	char *colon = strrchr(text, ':'), *host = text;
	int family = AF_INET;
	uint64_t port;

	if (!colon)
		return NULL;
	*colon = '\0';
	if (*host == '[' && colon[-1] == ']') {
		family = AF_INET6;
		colon[-1] = '\0';
		host++;
	}
	if (inet_pton(family, host, address) != 1 || !scalar_digits(colon + 1, &port) ||
	    port == 0 || port > UINT16_MAX)
		return NULL;
	*ret_port = (uint16_t)port;
	return host;
}

/* The whole section is the object of this one: a host, and behind it a port. */
static SCALAR_PARSER(parse_listen)
{
	const char *text = scalar_text(source, field, node);
	_cleanup_free_ char *copy = NULL;
	struct config_api *api = object;
	const char *host;

	if (!text)
		return -EINVAL;
	if (!*text || strcmp(text, "off") == 0)
		return 0;
	copy = strdup(text);
	if (!copy)
		return source_no_memory(source);
	host = split_listen(copy, &api->listen_port);
	if (!host)
		return scalar_error(source, field, node,
				    "is not a numeric ADDRESS:PORT such as 127.0.0.1:9925 or "
				    "[::1]:9925, nor off");
	return scalar_store(source, field, host, object);
}

static const struct field rows[] = {
	{
		.name = "socket",
		.meaning = "the daemon's Unix socket",
		.fallback = CONFIG_SOCKET_DEFAULT,
		.parse = parse_path,
		.max = sizeof(((struct sockaddr_un *)0)->sun_path),
		.offset = offsetof(struct config_api, socket),
	},
	{
		.name = "group",
		.meaning = "who may use the socket beside root",
		.fallback = "smtpfence",
		.parse = parse_name,
		.max = GROUP_NAME_MAX,
		.offset = offsetof(struct config_api, group),
	},
	{
		.name = "listen",
		.meaning = "TCP, for /metrics and /healthz only; off: none",
		.fallback = "127.0.0.1:9925",
		.parse = parse_listen,
		.offset = offsetof(struct config_api, listen_host),
	},
};

const struct table api_table = TABLE(rows);
