/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "config/config.h"
#include "config/feed_check.h"
#include "config/feed_crowdsec.h"
#include "config/scalar.h"
#include "config/sections.h"
#include "config/url.h"

#define FEED_NAME_MAX 31

#define BUCKET_NAME_MAX 63

#define FILE_SCHEME "file://"

#define IPV4_BITS 32
#define IPV6_BITS 128

/* Whatever a list says: not the half of the world. */
#define IPV4_WIDEST_MIN 8
#define IPV6_WIDEST_MIN 16

#define TIME_LIMIT_MAX 86400 /* s */
#define SCOPES_MAX     2
#define TYPES_MAX      16
#define SIZE_LIMIT_MIN 1024
#define SIZE_LIMIT_MAX (64ULL << 30)

/* What the journal and `list` call a block that was set by hand. */
#define NAME_OF_BLOCKS_BY_HAND "manual"

static SCALAR_PARSER(parse_feed_name)
{
	const char *text = scalar_text(source, field, node);

	if (!text)
		return -EINVAL;
	if (!*text || text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-")] ||
	    strlen(text) > FEED_NAME_MAX)
		return scalar_error(source, field, node,
				    "is not a name of at most %d small letters, digits, '_' and "
				    "'-'",
				    FEED_NAME_MAX);
	if (strcmp(text, NAME_OF_BLOCKS_BY_HAND) == 0)
		return scalar_error(source, field, node,
				    "is what blocks by hand are called: choose another name");
	return scalar_store(source, field, text, object);
}

static SCALAR_PARSER(parse_feed_type)
{
	const char *text = scalar_text(source, field, node);

	if (!text)
		return -EINVAL;
	if (feed_has_type(text))
		return scalar_store(source, field, text, object);
	return scalar_error(source, field, node, "is not ndjson, nats, list, drop or crowdsec");
}

static SCALAR_PARSER(parse_feed_url)
{
	const char *text = scalar_text(source, field, node);
	const char *path;

	if (!text)
		return -EINVAL;
	if (strncmp(text, "http", strlen("http")) == 0)
		return parse_url(source, field, node, object);
	if (strncmp(text, "nats:", strlen("nats:")) == 0 ||
	    strncmp(text, "tls:", strlen("tls:")) == 0)
		return parse_nats_urls(source, field, node, object);
	path = text + strlen(FILE_SCHEME);
	if (strncmp(text, FILE_SCHEME, strlen(FILE_SCHEME)) != 0 || *path != '/' ||
	    path[strlen(path) - 1] == '/')
		return scalar_error(source, field, node,
				    "is neither file:///absolute/path nor a https://, nats:// or "
				    "tls:// URL");
	return scalar_store(source, field, text, object);
}

/* A dot would part NATS's own subjects. */
static SCALAR_PARSER(parse_bucket)
{
	const char *text = scalar_text(source, field, node);

	if (text && strchr(text, '.'))
		return scalar_error(source, field, node, "holds a '.', which NATS has for itself");
	return text ? parse_name(source, field, node, object) : -EINVAL;
}

/* Stays 0 for "auto", until feed_check() knows the rest. */
static SCALAR_PARSER(parse_auto_duration)
{
	return source_is_text(node, "auto") ? 0 : parse_duration(source, field, node, object);
}

int feeds_check_names(const struct source *source, const yaml_node_t *node, void *object)
{
	const struct config *config = object;
	const yaml_node_item_t *items = node->data.sequence.items.start;

	for (size_t i = 1; i < config->feed_count; i++) {
		const char *name = config->feeds[i].name;

		/* Itself at the latest. */
		if (config_find_feed(config, name) != &config->feeds[i])
			return source_error(
				source, source_value(source, source_node(source, items[i]), "name"),
				"name: there is a feed '%s' already", name);
	}
	return 0;
}

static const struct word kinds[] = {
	{"scores", CONFIG_FEED_SCORES}, {"list", CONFIG_FEED_LIST}, {NULL, 0}};

static const struct field widest_rows[] = {
	{
		.name = "ipv4",
		.meaning = "list: 24, drop: 10",
		.parse = parse_u32,
		.min = IPV4_WIDEST_MIN,
		.max = IPV4_BITS,
		.offset = offsetof(struct config_widest, ipv4),
	},
	{
		.name = "ipv6",
		.meaning = "list: 48, drop: 20",
		.parse = parse_u32,
		.min = IPV6_WIDEST_MIN,
		.max = IPV6_BITS,
		.offset = offsetof(struct config_widest, ipv6),
	},
};

static const struct table widest_table = TABLE(widest_rows);

static const struct word matches[] = {{"source", CONFIG_MATCH_SOURCE}, {NULL, 0}};

static const struct field rows[] = {
	{
		.name = "name",
		.meaning = "what it is called in errors, lists and metrics",
		.required = true,
		.parse = parse_feed_name,
		.offset = offsetof(struct config_feed, name),
	},
	{
		.name = "kind",
		.meaning = "scores: policy judges them; list: blocked while listed",
		.required = true,
		.parse = parse_word,
		.words = kinds,
		.offset = offsetof(struct config_feed, kind),
	},
	{
		.name = "type",
		.meaning =
			"ndjson or nats for scores; list, drop (Spamhaus DROP) or crowdsec for a "
			"list",
		.required = true,
		.parse = parse_feed_type,
		.offset = offsetof(struct config_feed, type),
	},
	{
		.name = "url",
		.meaning = "file:///absolute/path, https://, nats:// or tls://",
		.required = true,
		.parse = parse_feed_url,
		.offset = offsetof(struct config_feed, link.url),
	},
	{
		.name = "interval",
		.meaning = "how often it is read whole, also when it does not change; auto: 10s, "
			   "over NATS, where changes come by themselves, 1h",
		.fallback = "auto",
		.parse = parse_auto_duration,
		.min = 1,
		.max = CONFIG_DURATION_MAX,
		.offset = offsetof(struct config_feed, interval),
	},
	{
		.name = "stale_after",
		.meaning = "without a success for so long it is stale; auto: ten intervals, "
			   "at least 1m, over NATS 1m",
		.fallback = "auto",
		.parse = parse_auto_duration,
		.min = 1,
		.max = FEED_STALE_INTERVALS * CONFIG_DURATION_MAX,
		.offset = offsetof(struct config_feed, stale_after),
	},
	{
		.name = "ttl",
		.meaning = "of a list: how long an entry stays after the last reading that named "
			   "it; 0s: as long as it is named",
		.fallback = "0s",
		.parse = parse_duration,
		.max = CONFIG_DURATION_MAX,
		.offset = offsetof(struct config_feed, ttl),
	},
	{
		.name = "match",
		.meaning = "of a list: what of a frame is looked up in it",
		.parse = parse_word,
		.words = matches,
		.offset = offsetof(struct config_feed, match),
	},
	{
		.name = "widest",
		.meaning = "of a list: an update with a shorter prefix is held",
		.parse = parse_mapping,
		.table = &widest_table,
		.offset = offsetof(struct config_feed, widest),
	},
	{
		.name = "ca_file",
		.meaning = "https, tls: authorities (PEM) to trust instead of the system's",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_feed, link.ca_file),
	},
	{
		.name = "cert_file",
		.meaning = "https, tls: certificate (PEM) to show, with key_file",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_feed, link.cert_file),
	},
	{
		.name = "key_file",
		.meaning = "https, tls: its key (PEM)",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_feed, link.key_file),
	},
	{
		.name = "token_file",
		.meaning = "https: holds a token to show; only its owner may read it",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_feed, token_file),
	},
	{
		.name = "bucket",
		.meaning = "nats: of JetStream; " CONFIG_BUCKET_DEFAULT " if it is not named",
		.parse = parse_bucket,
		.max = BUCKET_NAME_MAX,
		.offset = offsetof(struct config_feed, bucket),
	},
	{
		.name = "domain",
		.meaning = "nats: of JetStream, for a server that is a leaf node",
		.parse = parse_bucket,
		.max = BUCKET_NAME_MAX,
		.offset = offsetof(struct config_feed, link.domain),
	},
	{
		.name = "nkey_file",
		.meaning = "nats: holds the seed of an NKey; only its owner may read it",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_feed, link.nkey_file),
	},
	{
		.name = "credentials_file",
		.meaning = "nats: holds a JWT and its seed; only its owner may read it",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_feed, link.credentials_file),
	},
	{
		.name = "size_limit",
		.meaning = "https: more is refused, unpacked",
		.fallback = "256MiB",
		.parse = parse_size,
		.min = SIZE_LIMIT_MIN,
		.max = SIZE_LIMIT_MAX,
		.offset = offsetof(struct config_feed, size_limit),
	},
	{
		.name = "time_limit",
		.meaning = "https: for one reading",
		.fallback = "5m",
		.parse = parse_duration,
		.min = 1,
		.max = TIME_LIMIT_MAX,
		.offset = offsetof(struct config_feed, time_limit),
	},
	{
		.name = "api_key_file",
		.meaning = "crowdsec: holds the key of the local API; only its owner may read it",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_feed, api_key_file),
	},
	{
		.name = "scopes",
		.meaning = "crowdsec: scopes of decisions that block",
		.fallback = "[ip, range]",
		FIELD_LIST(config_feed, scopes, scope_count),
		.min = 1,
		.max = SCOPES_MAX,
		.item = &feed_scope_item,
	},
	{
		.name = "types",
		.meaning = "crowdsec: types of decisions that block",
		.fallback = "[ban]",
		FIELD_LIST(config_feed, types, type_count),
		.min = 1,
		.max = TYPES_MAX,
		.item = &feed_type_item,
	},
};

static const struct table table = TABLE(rows);

const struct field feeds_item = {
	.name = "feeds",
	.parse = parse_mapping,
	.table = &table,
	.check = feed_check,
};
