/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "config/config.h"
#include "config/scalar.h"
#include "config/sections.h"
#include "config/url.h"

#define NAME_LENGTH_MAX	  64
#define STREAM_LENGTH_MAX 64
#define STREAM_DEFAULT	  "SMTP_EVENTS"
#define TIME_LIMIT_MAX	  300 /* s */

/* The keys that tell the kind: an entry has one of them. */
static const char *const kinds[] = {
	[CONFIG_NOTIFY_COMMAND] = "command",
	[CONFIG_NOTIFY_WEBHOOK] = "webhook",
	[CONFIG_NOTIFY_NATS] = "nats",
};

#define COMMAND (1U << CONFIG_NOTIFY_COMMAND)
#define WEBHOOK (1U << CONFIG_NOTIFY_WEBHOOK)
#define NATS	(1U << CONFIG_NOTIFY_NATS)

/* Which kinds know a key that not all of them know. */
static const struct {
	const char *key;
	unsigned int kinds;
} limited[] = {
	{"secret_file", WEBHOOK},
	{"ca_file", WEBHOOK | NATS},
	{"cert_file", WEBHOOK | NATS},
	{"key_file", WEBHOOK | NATS},
	{"time_limit", COMMAND | WEBHOOK},
	{"nkey_file", NATS},
	{"credentials_file", NATS},
	{"stream", NATS},
	{"domain", NATS},
};

static int set_kind(const struct source *source, const yaml_node_t *node,
		    struct config_notify *notify, enum config_notify_kind kind)
{
	if (notify->command || notify->link.url)
		return source_error(
			source, node,
			"an entry has one of command, webhook and nats: make two of it");
	notify->kind = kind;
	return 0;
}

static SCALAR_PARSER(parse_command)
{
	int r = set_kind(source, node, object, CONFIG_NOTIFY_COMMAND);

	return r < 0 ? r : parse_path(source, field, node, object);
}

static SCALAR_PARSER(parse_webhook)
{
	int r = set_kind(source, node, object, CONFIG_NOTIFY_WEBHOOK);

	return r < 0 ? r : parse_url(source, field, node, object);
}

static SCALAR_PARSER(parse_nats)
{
	int r = set_kind(source, node, object, CONFIG_NOTIFY_NATS);

	return r < 0 ? r : parse_nats_urls(source, field, node, object);
}

/* Keys that would do nothing are refused: whoever wrote them expects something. */
static int check_keys(const struct source *source, const yaml_node_t *node,
		      const struct config_notify *notify)
{
	for (size_t i = 0; i < ARRAY_SIZE(limited); i++)
		if (!(limited[i].kinds & 1U << notify->kind) &&
		    source_find(source, node, limited[i].key))
			return source_error(source, source_value(source, node, limited[i].key),
					    "%s: not with `%s`", limited[i].key,
					    kinds[notify->kind]);
	return config_link_check(source, node, &notify->link);
}

/* What depends on the rest. Of a URL no query and fragment is shown: there may be a token in it. */
static int set_defaults(const struct source *source, struct config_notify *notify)
{
	const char *target = notify->command ? notify->command : notify->link.url;

	if (!notify->name)
		notify->name = strndup(target, notify->kind == CONFIG_NOTIFY_WEBHOOK
						       ? strcspn(target, "?#")
						       : strlen(target));
	if (!notify->stream && notify->kind == CONFIG_NOTIFY_NATS)
		notify->stream = strdup(STREAM_DEFAULT);
	if (!notify->name || (!notify->stream && notify->kind == CONFIG_NOTIFY_NATS))
		return source_no_memory(source);
	return 0;
}

static int check_notify(const struct source *source, const yaml_node_t *node, void *object)
{
	struct config_notify *notify = object;
	int r;

	if (!notify->command && !notify->link.url)
		return source_error(source, node,
				    "one of the keys 'command', 'webhook' and 'nats' is missing");
	r = check_keys(source, node, notify);
	return r < 0 ? r : set_defaults(source, notify);
}

/* What has been delivered to whom is kept under the name. */
int notify_check_names(const struct source *source, const yaml_node_t *node, void *object)
{
	const struct config *config = object;
	const yaml_node_item_t *items = node->data.sequence.items.start;

	for (size_t i = 0; i < config->notify_count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(config->notify[i].name, config->notify[j].name) == 0)
				return source_error(source, source_node(source, items[i]),
						    "notify: there is a receiver '%s' already: "
						    "give this one another `name`",
						    config->notify[i].name);
	return 0;
}

static const struct field rows[] = {
	{
		.name = "command",
		.meaning = "program that is run for each event",
		.parse = parse_command,
		.max = PATH_MAX,
		.offset = offsetof(struct config_notify, command),
	},
	{
		.name = "webhook",
		.meaning = "or: https:// that each event is posted to",
		.parse = parse_webhook,
		.offset = offsetof(struct config_notify, link.url),
	},
	{
		.name = "nats",
		.meaning = "or: nats:// or tls:// of a NATS server with a stream for each event",
		.parse = parse_nats,
		.offset = offsetof(struct config_notify, link.url),
	},
	{
		.name = "secret_file",
		.meaning = "holds the key that a webhook's body is signed with",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_notify, secret_file),
	},
	{
		.name = "ca_file",
		.meaning = "PEM, who may have signed the server's certificate",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_notify, link.ca_file),
	},
	{
		.name = "cert_file",
		.meaning = "PEM, ours, where the server wants one",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_notify, link.cert_file),
	},
	{
		.name = "key_file",
		.meaning = "PEM, its key",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_notify, link.key_file),
	},
	{
		.name = "nkey_file",
		.meaning = "nats: holds the seed of an NKey; mode 0600",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_notify, link.nkey_file),
	},
	{
		.name = "credentials_file",
		.meaning = "nats: holds a JWT and its seed; mode 0600",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_notify, link.credentials_file),
	},
	{
		.name = "stream",
		.meaning = "nats: of JetStream, with the subject smtp.event.HOST; SMTP_EVENTS",
		.parse = parse_name,
		.max = STREAM_LENGTH_MAX,
		.offset = offsetof(struct config_notify, stream),
	},
	{
		.name = "domain",
		.meaning = "nats: of JetStream, behind a leaf node",
		.parse = parse_name,
		.max = STREAM_LENGTH_MAX,
		.offset = offsetof(struct config_notify, link.domain),
	},
	{
		.name = "name",
		.meaning = "what it is called in errors and metrics, instead of its path or URL",
		.parse = parse_name,
		.max = NAME_LENGTH_MAX,
		.offset = offsetof(struct config_notify, name),
	},
	{
		.name = "time_limit",
		.meaning = "what takes longer has failed, and is tried again",
		.fallback = "10s",
		.parse = parse_duration,
		.min = 1,
		.max = TIME_LIMIT_MAX,
		.offset = offsetof(struct config_notify, time_limit),
	},
};

static const struct table table = TABLE(rows);

const struct field notify_item = {
	.name = "notify",
	.parse = parse_mapping,
	.table = &table,
	.check = check_notify,
};
