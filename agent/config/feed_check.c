/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/feed_check.h"

#include <errno.h>
#include <string.h>

#include "config/config.h"
#include "config/feed_crowdsec.h"
#include "config/sections.h"

#define HTTP_SCHEME  "http://"
#define HTTPS_SCHEME "https://"
#define NATS_SCHEME  "nats://"
#define TLS_SCHEME   "tls://"

#define DROP_IPV4_WIDEST 10
#define DROP_IPV6_WIDEST 20

/* The types, each under the kind that has it. */
static const struct type {
	const char *name;
	enum config_feed_kind kind;
	struct config_widest widest; /* unless told otherwise */
} types[] = {
	{"ndjson", CONFIG_FEED_SCORES, {}},
	{"nats", CONFIG_FEED_SCORES, {}},
	{"list", CONFIG_FEED_LIST, {}},
	{"crowdsec", CONFIG_FEED_LIST, {}},
	/* Whole allocations, most of them wider than anything else that is blocked. */
	{"drop", CONFIG_FEED_LIST, {DROP_IPV4_WIDEST, DROP_IPV6_WIDEST}},
};

static const struct type *find_type(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

bool feed_has_type(const char *type)
{
	return find_type(type) != NULL;
}

static bool has_scheme(const struct config_feed *feed, const char *scheme)
{
	return strncmp(feed->link.url, scheme, strlen(scheme)) == 0;
}

static int check_type(const struct source *source, const yaml_node_t *node,
		      const struct config_feed *feed)
{
	if (find_type(feed->type)->kind != feed->kind)
		return source_error(source, source_value(source, node, "type"),
				    "type: '%s' is of the other kind: scores come as ndjson or "
				    "over nats, a list as list, drop or crowdsec",
				    feed->type);
	return 0;
}

/* Keys that would do nothing are refused: whoever wrote them expects something. */
static int check_keys_of_lists(const struct source *source, const yaml_node_t *node,
			       const struct config_feed *feed)
{
	if (feed->kind != CONFIG_FEED_LIST && feed->match)
		return source_error(source, source_value(source, node, "match"),
				    "match: only a list is matched: a score says whom it means");
	if (feed->kind != CONFIG_FEED_LIST && (feed->widest.ipv4 || feed->widest.ipv6))
		return source_error(source, source_value(source, node, "widest"),
				    "widest: only of a list: a score is never of a wider range");
	if (feed->kind != CONFIG_FEED_LIST && feed->ttl > 0)
		return source_error(source, source_value(source, node, "ttl"),
				    "ttl: only of a list: how long a score counts is for `policy` "
				    "to say");
	if (feed->ttl > 0 && feed->ttl < feed->interval)
		return source_error(source, source_value(source, node, "ttl"),
				    "ttl: shorter than the interval, entries would come and go");
	return 0;
}

static bool is_nats(const struct config_feed *feed)
{
	return strcmp(feed->type, "nats") == 0;
}

static int check_scheme(const struct source *source, const yaml_node_t *node,
			const struct config_feed *feed)
{
	bool nats = has_scheme(feed, NATS_SCHEME) || has_scheme(feed, TLS_SCHEME);

	if (nats == is_nats(feed))
		return 0;
	return source_error(source, source_value(source, node, "url"),
			    nats ? "url: is of a NATS server, and the type is not nats"
				 : "url: is not of a NATS server: write nats://HOST:PORT or "
				   "tls://HOST:PORT");
}

/* Where a key does something. */
static bool over_http(const struct config_feed *feed)
{
	return has_scheme(feed, HTTP_SCHEME) || has_scheme(feed, HTTPS_SCHEME);
}

static bool over_tls(const struct config_feed *feed)
{
	return has_scheme(feed, HTTPS_SCHEME) || has_scheme(feed, TLS_SCHEME);
}

static int check_keys_of_servers(const struct source *source, const yaml_node_t *node,
				 const struct config_feed *feed)
{
	const struct {
		const char *name, *value, *where;
		bool (*allowed)(const struct config_feed *feed);
	} keys[] = {
		{"ca_file", feed->link.ca_file, "with a https:// or tls:// url", over_tls},
		{"cert_file", feed->link.cert_file, "with a https:// or tls:// url", over_tls},
		{"key_file", feed->link.key_file, "with a https:// or tls:// url", over_tls},
		{"token_file", feed->token_file, "with a https:// url", over_http},
		{"bucket", feed->bucket, "of type nats", is_nats},
		{"domain", feed->link.domain, "of type nats", is_nats},
		{"nkey_file", feed->link.nkey_file, "of type nats", is_nats},
		{"credentials_file", feed->link.credentials_file, "of type nats", is_nats},
	};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].value && !keys[i].allowed(feed))
			return source_error(source, source_value(source, node, keys[i].name),
					    "%s: only %s", keys[i].name, keys[i].where);
	r = config_link_check(source, node, &feed->link);
	if (r >= 0 && feed->link.nkey_file && feed->link.credentials_file)
		r = source_error(source, node,
				 "nkey_file and credentials_file: one of them, not both");
	return r;
}

static void set_interval(struct config_feed *feed)
{
	if (feed->interval == 0)
		feed->interval = is_nats(feed) ? FEED_INTERVAL_NATS : FEED_INTERVAL;
}

/* What comes over NATS comes by itself: the interval is that of whole readings. */
static uint64_t default_stale_after(const struct config_feed *feed)
{
	uint64_t seconds = is_nats(feed) ? 0 : FEED_STALE_INTERVALS * feed->interval;

	return seconds > FEED_STALE_SECONDS_MIN ? seconds : FEED_STALE_SECONDS_MIN;
}

static int check_stale_after(const struct source *source, const yaml_node_t *node,
			     struct config_feed *feed)
{
	if (feed->stale_after == 0)
		feed->stale_after = default_stale_after(feed);
	if (feed->stale_after < feed->interval && !is_nats(feed))
		return source_error(source, source_value(source, node, "stale_after"),
				    "stale_after: shorter than the interval, the feed would "
				    "always be stale");
	return 0;
}

static void set_widest(struct config_feed *feed)
{
	const struct config_widest *usual = &find_type(feed->type)->widest;

	if (!feed->widest.ipv4)
		feed->widest.ipv4 = usual->ipv4;
	if (!feed->widest.ipv6)
		feed->widest.ipv6 = usual->ipv6;
}

int feed_check(const struct source *source, const yaml_node_t *node, void *object)
{
	struct config_feed *feed = object;
	int r = check_type(source, node, feed);

	set_interval(feed);
	if (r >= 0)
		r = check_scheme(source, node, feed);
	if (r >= 0)
		r = check_keys_of_lists(source, node, feed);
	if (r >= 0)
		r = check_keys_of_servers(source, node, feed);
	if (r >= 0)
		r = feed_check_crowdsec(source, node, feed);
	if (r < 0)
		return r;
	set_widest(feed);
	return check_stale_after(source, node, feed);
}
