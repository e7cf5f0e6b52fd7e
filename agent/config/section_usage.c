/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "config/config.h"
#include "config/scalar.h"
#include "config/sections.h"
#include "config/url.h"

#define STREAM_LENGTH_MAX 64
#define NAME_LENGTH_MAX	  31
#define SPOOL_LIMIT_MAX	  (1ULL << 40)
#define INTERVAL_MAX	  86400 /* s */
#define NATS_SCHEME	  "nats://"
#define TLS_SCHEME	  "tls://"

static bool is_nats(const char *url)
{
	return strncmp(url, NATS_SCHEME, strlen(NATS_SCHEME)) == 0 ||
	       strncmp(url, TLS_SCHEME, strlen(TLS_SCHEME)) == 0;
}

static SCALAR_PARSER(parse_receiver_url)
{
	const char *text = scalar_text(source, field, node);

	if (!text)
		return -EINVAL;
	if (!is_nats(text))
		return parse_url(source, field, node, object);
	return parse_nats_urls(source, field, node, object);
}

/* Keys that would do nothing are refused: whoever wrote them expects something. */
static int check_keys(const struct source *source, const yaml_node_t *node, const char *const *keys,
		      const char *url)
{
	for (; *keys; keys++)
		if (source_find(source, node, *keys))
			return source_error(source, source_value(source, node, *keys),
					    "%s: not with a url that begins with %.*s://", *keys,
					    (int)strcspn(url, ":"), url);
	return 0;
}

static int check_receiver(const struct source *source, const yaml_node_t *node, void *object)
{
	static const char *const keys_of_https[] = {"token_file", NULL};
	static const char *const keys_of_nats[] = {"nkey_file", "credentials_file", "stream",
						   "domain", NULL};
	const struct config_usage *usage = object;
	int r = config_link_check(source, node, &usage->link);

	if (r < 0)
		return r;
	return check_keys(source, node, is_nats(usage->link.url) ? keys_of_https : keys_of_nats,
			  usage->link.url);
}

int usage_check_names(const struct source *source, const yaml_node_t *node, void *object)
{
	const struct config *config = object;
	const yaml_node_item_t *items = node->data.sequence.items.start;

	for (size_t i = 1; i < config->usage_count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(config->usage[i].name, config->usage[j].name) == 0)
				return source_error(
					source,
					source_value(source, source_node(source, items[i]), "name"),
					"name: there is a receiver '%s' already",
					config->usage[i].name);
	return 0;
}

static const struct field rows[] = {
	{
		.name = "name",
		.meaning = "what it is called in errors and metrics, and its folder in the spool",
		.required = true,
		.parse = parse_name,
		.max = NAME_LENGTH_MAX,
		.offset = offsetof(struct config_usage, name),
	},
	{
		.name = "url",
		.meaning = "https:// that reports are posted to, or nats:// or tls:// of a NATS "
			   "server",
		.required = true,
		.parse = parse_receiver_url,
		.offset = offsetof(struct config_usage, link.url),
	},
	{
		.name = "token_file",
		.meaning = "holds the token that is sent as Authorization: Bearer; mode 0600",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_usage, token_file),
	},
	{
		.name = "nkey_file",
		.meaning = "nats: holds the seed of an NKey; mode 0600",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_usage, link.nkey_file),
	},
	{
		.name = "credentials_file",
		.meaning = "nats: holds a JWT and its seed; mode 0600",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_usage, link.credentials_file),
	},
	{
		.name = "stream",
		.meaning = "nats: of JetStream, with the subject smtp.usage.HOST",
		.fallback = "SMTP_USAGE",
		.parse = parse_name,
		.max = STREAM_LENGTH_MAX,
		.offset = offsetof(struct config_usage, stream),
	},
	{
		.name = "domain",
		.meaning = "nats: of JetStream, behind a leaf node",
		.parse = parse_name,
		.max = STREAM_LENGTH_MAX,
		.offset = offsetof(struct config_usage, link.domain),
	},
	{
		.name = "ca_file",
		.meaning = "PEM, who signs the server's certificate; the system's authorities",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_usage, link.ca_file),
	},
	{
		.name = "cert_file",
		.meaning = "PEM, the certificate that the server is shown",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_usage, link.cert_file),
	},
	{
		.name = "key_file",
		.meaning = "PEM, its key",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_usage, link.key_file),
	},
	{
		.name = "interval",
		.meaning = "how often a report is written",
		.fallback = "30s",
		.parse = parse_duration,
		.min = 1,
		.max = INTERVAL_MAX,
		.offset = offsetof(struct config_usage, interval),
	},
	{
		.name = "spool",
		.meaning = "where reports wait",
		.fallback = "/var/lib/smtpfence/usage",
		.parse = parse_path,
		.max = PATH_MAX - NAME_LENGTH_MAX - 1,
		.offset = offsetof(struct config_usage, spool),
	},
	{
		.name = "spool_limit",
		.meaning = "bytes of them; then the oldest are dropped",
		.fallback = "64MiB",
		.parse = parse_size,
		.min = 1,
		.max = SPOOL_LIMIT_MAX,
		.offset = offsetof(struct config_usage, spool_limit),
	},
};

static const struct table table = TABLE(rows);

const struct field usage_item = {
	.name = "usage",
	.parse = parse_mapping,
	.table = &table,
	.check = check_receiver,
};
