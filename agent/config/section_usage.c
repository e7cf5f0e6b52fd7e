/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "config/config.h"
#include "config/scalar.h"
#include "config/sections.h"

#define NAME_LENGTH_MAX 31
#define SPOOL_LIMIT_MAX (1ULL << 40)
#define INTERVAL_MAX	86400 /* s */
#define HTTPS_SCHEME	"https://"

static SCALAR_PARSER(parse_receiver_url)
{
	const char *text = scalar_text(source, field, node);
	const char *host;

	if (!text)
		return -EINVAL;
	host = text + strlen(HTTPS_SCHEME);
	if (strncmp(text, HTTPS_SCHEME, strlen(HTTPS_SCHEME)) != 0 || !*host || *host == '/' ||
	    strchr(text, ' '))
		return scalar_error(source, field, node, "is not an https:// URL");
	return scalar_store(source, field, text, object);
}

static int check_receiver(const struct source *source, const yaml_node_t *node, void *object)
{
	const struct config_usage *usage = object;

	if (!usage->cert_file != !usage->key_file)
		return source_error(source, node,
				    "cert_file and key_file: one does not go without the other");
	return 0;
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
		.meaning = "https:// URL that reports are posted to",
		.required = true,
		.parse = parse_receiver_url,
		.offset = offsetof(struct config_usage, url),
	},
	{
		.name = "token_file",
		.meaning = "holds the token that is sent as Authorization: Bearer; mode 0600",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_usage, token_file),
	},
	{
		.name = "ca_file",
		.meaning = "PEM, who signs the server's certificate; the system's authorities",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_usage, ca_file),
	},
	{
		.name = "cert_file",
		.meaning = "PEM, the certificate that the server is shown",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_usage, cert_file),
	},
	{
		.name = "key_file",
		.meaning = "PEM, its key",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config_usage, key_file),
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
