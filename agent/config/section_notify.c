/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "config/scalar.h"
#include "config/sections.h"

#define HTTPS_SCHEME	"https://"
#define NAME_LENGTH_MAX 64
#define TIME_LIMIT_MAX	300 /* s */

/* Which of the keys `command` and `webhook` is there tells the kind: one of them must be. */
static int set_kind(const struct source *source, const yaml_node_t *node,
		    struct config_notify *notify, enum config_notify_kind kind)
{
	if (notify->target)
		return source_error(source, node,
				    "an entry has a command or a webhook: make two entries");
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
	const char *text = scalar_text(source, field, node);
	const char *host;
	int r;

	if (!text)
		return -EINVAL;
	host = text + strlen(HTTPS_SCHEME);
	if (strncmp(text, HTTPS_SCHEME, strlen(HTTPS_SCHEME)) != 0 || !*host || *host == '/' ||
	    strchr(text, ' '))
		return scalar_error(source, field, node, "is not an https:// URL");
	r = set_kind(source, node, object, CONFIG_NOTIFY_WEBHOOK);
	return r < 0 ? r : scalar_store(source, field, text, object);
}

/* Of a URL what may be shown: no user and password, no query and fragment. */
static char *default_name(const struct config_notify *notify)
{
	const char *host = notify->target + strlen(HTTPS_SCHEME), *at;
	size_t length;
	char *name;

	if (notify->kind == CONFIG_NOTIFY_COMMAND)
		return strdup(notify->target);
	at = memchr(host, '@', strcspn(host, "/?#"));
	host = at ? at + 1 : host;
	length = strcspn(host, "?#");
	return asprintf(&name, HTTPS_SCHEME "%.*s", (int)length, host) < 0 ? NULL : name;
}

static int check_webhook_only(const struct source *source, const yaml_node_t *node,
			      const struct config_notify *notify)
{
	if (notify->kind == CONFIG_NOTIFY_WEBHOOK)
		return 0;
	if (notify->secret_file)
		return source_error(source, source_value(source, node, "secret_file"),
				    "secret_file: only a webhook is signed with it");
	if (notify->ca_file)
		return source_error(source, source_value(source, node, "ca_file"),
				    "ca_file: only a webhook has a certificate");
	return 0;
}

static int check_notify(const struct source *source, const yaml_node_t *node, void *object)
{
	struct config_notify *notify = object;

	if (!notify->target)
		return source_error(source, node, "the key 'command' or 'webhook' is missing");
	if (!notify->name)
		notify->name = default_name(notify);
	return notify->name ? check_webhook_only(source, node, notify) : source_no_memory(source);
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
		.offset = offsetof(struct config_notify, target),
	},
	{
		.name = "webhook",
		.meaning = "or: https:// URL that each event is posted to",
		.parse = parse_webhook,
		.offset = offsetof(struct config_notify, target),
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
		.meaning = "PEM, who may have signed the certificate of a webhook",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_notify, ca_file),
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
