/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "config/config.h"
#include "config/scalar.h"
#include "config/sections.h"

#define FEED_NAME_MAX 31

/* Unless told otherwise a feed is stale after so many missed readings, but not at once. */
#define STALE_INTERVALS	  10
#define STALE_SECONDS_MIN 60

#define FILE_SCHEME "file://"

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

/* The types, each under the kind that has it. */
static const struct type {
	const char *name;
	enum config_feed_kind kind;
} types[] = {{"ndjson", CONFIG_FEED_SCORES}, {"list", CONFIG_FEED_LIST}};

static const char *const later_types[] = {"drop", "crowdsec", "nats"};
static const char *const later_schemes[] = {"https://", "nats://"};

static SCALAR_PARSER(parse_feed_type)
{
	const char *text = scalar_text(source, field, node);

	if (!text)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(text, types[i].name) == 0)
			return scalar_store(source, field, text, object);
	for (size_t i = 0; i < ARRAY_SIZE(later_types); i++)
		if (strcmp(text, later_types[i]) == 0)
			return scalar_error(source, field, node,
					    "is not in this version: use ndjson or list");
	return scalar_error(source, field, node, "is not ndjson or list");
}

static SCALAR_PARSER(parse_feed_url)
{
	const char *text = scalar_text(source, field, node);
	const char *path;

	if (!text)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(later_schemes); i++)
		if (strncmp(text, later_schemes[i], strlen(later_schemes[i])) == 0)
			return scalar_error(source, field, node,
					    "is not in this version: write file:///absolute/path");
	path = text + strlen(FILE_SCHEME);
	if (strncmp(text, FILE_SCHEME, strlen(FILE_SCHEME)) != 0 || *path != '/' ||
	    path[strlen(path) - 1] == '/')
		return scalar_error(source, field, node, "is not file:///absolute/path");
	return scalar_store(source, field, text, object);
}

/* Stays 0 for "auto", until check_feed() knows the interval. */
static SCALAR_PARSER(parse_stale_after)
{
	return source_is_text(node, "auto") ? 0 : parse_duration(source, field, node, object);
}

static bool kind_has_type(enum config_feed_kind kind, const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].kind == kind && strcmp(types[i].name, type) == 0)
			return true;
	return false;
}

static int check_feed(const struct source *source, const yaml_node_t *node, void *object)
{
	struct config_feed *feed = object;

	if (!kind_has_type(feed->kind, feed->type))
		return source_error(source, source_value(source, node, "type"),
				    "type: '%s' is of the other kind: scores come as ndjson, a "
				    "list as list",
				    feed->type);
	if (feed->kind != CONFIG_FEED_LIST && feed->ttl > 0)
		return source_error(source, source_value(source, node, "ttl"),
				    "ttl: only of a list: how long a score counts is for `policy` "
				    "to say");
	if (feed->ttl > 0 && feed->ttl < feed->interval)
		return source_error(source, source_value(source, node, "ttl"),
				    "ttl: shorter than the interval, entries would come and go");
	if (feed->stale_after == 0) {
		feed->stale_after = STALE_INTERVALS * feed->interval;
		if (feed->stale_after < STALE_SECONDS_MIN)
			feed->stale_after = STALE_SECONDS_MIN;
	}
	if (feed->stale_after < feed->interval)
		return source_error(source, source_value(source, node, "stale_after"),
				    "stale_after: shorter than the interval, the feed would "
				    "always be stale");
	return 0;
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
		.meaning = "ndjson for scores, list for a list",
		.required = true,
		.parse = parse_feed_type,
		.offset = offsetof(struct config_feed, type),
	},
	{
		.name = "url",
		.meaning = "file:///absolute/path",
		.required = true,
		.parse = parse_feed_url,
		.offset = offsetof(struct config_feed, url),
	},
	{
		.name = "interval",
		.meaning = "how often it is read, also when it does not change",
		.fallback = "10s",
		.parse = parse_duration,
		.min = 1,
		.max = CONFIG_DURATION_MAX,
		.offset = offsetof(struct config_feed, interval),
	},
	{
		.name = "stale_after",
		.meaning = "without a success for so long it is stale; auto: ten intervals, "
			   "at least 1m",
		.fallback = "auto",
		.parse = parse_stale_after,
		.min = 1,
		.max = STALE_INTERVALS * CONFIG_DURATION_MAX,
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
};

static const struct table table = TABLE(rows);

const struct field feeds_item = {
	.name = "feeds",
	.parse = parse_mapping,
	.table = &table,
	.check = check_feed,
};
