/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/config.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "base/template.h"
#include "base/text.h"
#include "config/field.h"
#include "config/sections.h"
#include "config/source.h"

static const struct field whole_file = {
	.name = "the file",
	.parse = parse_mapping,
	.table = &schema_table,
};

static int read_config(const char *path, struct config *config, struct error *error)
{
	struct source source;
	int r;

	config->path = strdup(path);
	if (!config->path)
		return error_set(error, -ENOMEM, "%s: out of memory", path);
	r = source_read(path, &source, error);
	if (r < 0)
		return r;
	r = field_read(&source, &whole_file, source_root(&source), config);
	source_clear(&source);
	return r;
}

int config_load(const char *path, struct config **ret, struct error *error)
{
	_cleanup_(config_freep) struct config *config = calloc(1, sizeof(*config));
	int r;

	if (!config)
		return error_set(error, -ENOMEM, "%s: out of memory", path);
	r = read_config(path, config, error);
	if (r < 0)
		return r;
	*ret = STEAL(config);
	return 0;
}

static void free_feeds(struct config *config)
{
	for (size_t i = 0; i < config->feed_count; i++) {
		free(config->feeds[i].name);
		free(config->feeds[i].type);
		config_link_clear(&config->feeds[i].link);
		free(config->feeds[i].token_file);
		free(config->feeds[i].bucket);
		free(config->feeds[i].api_key_file);
		free(config->feeds[i].scopes);
		for (size_t type = 0; type < config->feeds[i].type_count; type++)
			free(config->feeds[i].types[type]);
		free(config->feeds[i].types);
	}
	free(config->feeds);
}

static void free_notify(struct config *config)
{
	for (size_t i = 0; i < config->notify_count; i++) {
		free(config->notify[i].name);
		free(config->notify[i].command);
		config_link_clear(&config->notify[i].link);
		free(config->notify[i].secret_file);
		free(config->notify[i].stream);
	}
	free(config->notify);
}

static void free_usage(struct config *config)
{
	for (size_t i = 0; i < config->usage_count; i++) {
		free(config->usage[i].name);
		config_link_clear(&config->usage[i].link);
		free(config->usage[i].token_file);
		free(config->usage[i].stream);
		free(config->usage[i].spool);
	}
	free(config->usage);
}

static void free_policy(struct config_policy *policy)
{
	free(policy->multipliers);
	free(policy->ipv6_units);
	free(policy->allow.items);
	free(policy->exempt_destinations.items);
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->interface_count; i++)
		free(config->interfaces[i].match);
	free(config->interfaces);
	free_feeds(config);
	free_notify(config);
	free_usage(config);
	free_policy(&config->policy);
	free(config->api.socket);
	free(config->api.group);
	free(config->api.listen_host);
	free(config->notice.path);
	if (config->notice.template)
		template_free(config->notice.template);
	free(config->state);
	free(config->bpffs);
	free(config->path);
	free(config);
}

const struct config_interface *config_match_interface(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->interface_count; i++)
		if (fnmatch(config->interfaces[i].match, name, 0) == 0)
			return &config->interfaces[i];
	return NULL;
}

const struct config_feed *config_find_feed(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->feed_count; i++)
		if (strcmp(config->feeds[i].name, name) == 0)
			return &config->feeds[i];
	return NULL;
}

bool config_same_notify(const struct config_notify *a, const struct config_notify *b)
{
	return a->kind == b->kind && a->time_limit == b->time_limit &&
	       text_same(a->name, b->name) && text_same(a->command, b->command) &&
	       config_same_link(&a->link, &b->link) && text_same(a->secret_file, b->secret_file) &&
	       text_same(a->stream, b->stream);
}
