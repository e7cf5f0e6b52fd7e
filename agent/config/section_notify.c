/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "config/config.h"
#include "config/scalar.h"
#include "config/sections.h"

#define HTTPS_SCHEME "https://"

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

static int check_notify(const struct source *source, const yaml_node_t *node, void *object)
{
	const struct config_notify *notify = object;

	if (!notify->target)
		return source_error(source, node, "the key 'command' or 'webhook' is missing");
	if (notify->secret_file && notify->kind == CONFIG_NOTIFY_COMMAND)
		return source_error(source, source_value(source, node, "secret_file"),
				    "secret_file: only a webhook is signed with it");
	return 0;
}

static const struct field rows[] = {
	{
		.name = "command",
		.meaning = "program that is run with the event as JSON on its standard input",
		.parse = parse_command,
		.max = PATH_MAX,
		.offset = offsetof(struct config_notify, target),
	},
	{
		.name = "webhook",
		.meaning = "or: https:// URL that the event is posted to",
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
};

static const struct table table = TABLE(rows);

const struct field notify_item = {
	.name = "notify",
	.parse = parse_mapping,
	.table = &table,
	.check = check_notify,
};
