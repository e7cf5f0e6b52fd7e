/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/feed_crowdsec.h"

#include <string.h>

#include "config/scalar.h"

#define TYPE_LENGTH_MAX 63

static const struct word scopes[] = {
	{"ip", CONFIG_SCOPE_IP}, {"range", CONFIG_SCOPE_RANGE}, {NULL, 0}};

const struct field feed_scope_item = {
	.name = "scopes",
	.parse = parse_word,
	.words = scopes,
};

const struct field feed_type_item = {
	.name = "types",
	.parse = parse_name,
	.max = TYPE_LENGTH_MAX,
};

static const yaml_node_t *find_key(const struct source *source, const yaml_node_t *node,
				   const char *const *keys, const char **ret)
{
	for (; *keys; keys++)
		if (source_find(source, node, *keys)) {
			*ret = *keys;
			return source_value(source, node, *keys);
		}
	return NULL;
}

/* A file has no decisions, and what is behind a query would have to go before it. */
static bool is_base_url(const char *url)
{
	return strncmp(url, "http", strlen("http")) == 0 && !strpbrk(url, "?#");
}

int feed_check_crowdsec(const struct source *source, const yaml_node_t *node,
			const struct config_feed *feed)
{
	static const char *const own_keys[] = {"api_key_file", "scopes", "types", NULL};
	static const char *const foreign_keys[] = {"token_file", "ttl", NULL};
	bool is_crowdsec = strcmp(feed->type, "crowdsec") == 0;
	const yaml_node_t *found;
	const char *key = NULL;

	found = find_key(source, node, is_crowdsec ? foreign_keys : own_keys, &key);
	if (found)
		return source_error(source, found, "%s: not with type %s", key, feed->type);
	if (!is_crowdsec)
		return 0;
	if (!is_base_url(feed->link.url))
		return source_error(
			source, source_value(source, node, "url"),
			"url: of a local API only the beginning, http://127.0.0.1:8080 or "
			"https://");
	if (!feed->api_key_file && !feed->link.cert_file)
		return source_error(
			source, node,
			"api_key_file is missing: `cscli bouncers add smtpfence` makes a "
			"key");
	return 0;
}
