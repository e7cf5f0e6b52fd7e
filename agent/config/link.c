/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/link.h"

#include <stdlib.h>

#include "base/text.h"
#include "config/sections.h"

bool config_same_link(const struct config_link *a, const struct config_link *b)
{
	return text_same(a->url, b->url) && text_same(a->ca_file, b->ca_file) &&
	       text_same(a->cert_file, b->cert_file) && text_same(a->key_file, b->key_file) &&
	       text_same(a->nkey_file, b->nkey_file) &&
	       text_same(a->credentials_file, b->credentials_file) &&
	       text_same(a->domain, b->domain);
}

void config_link_clear(struct config_link *link)
{
	free(link->url);
	free(link->ca_file);
	free(link->cert_file);
	free(link->key_file);
	free(link->nkey_file);
	free(link->credentials_file);
	free(link->domain);
}

int config_link_check(const struct source *source, const yaml_node_t *node,
		      const struct config_link *link)
{
	if (!link->cert_file != !link->key_file)
		return source_error(source, node,
				    "cert_file and key_file: one is nothing without the other");
	return 0;
}
