/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks a document along the tables. How deep it goes the tables say, not the document. */
#include "config/field.h"

#include <errno.h>
#include <string.h>

#include "base/nearest.h"

#define KEYS_TEXT_MAX 200

int field_read(const struct source *source, const struct field *field, const yaml_node_t *node,
	       void *object)
{
	int r = field->parse(source, field, node, object);

	if (r == 0 && field->check)
		r = field->check(source, node, object);
	return r;
}

static const struct field *find_field(const struct table *table, const yaml_node_t *key)
{
	for (size_t i = 0; i < table->count; i++)
		if (source_is_text(key, table->fields[i].name))
			return &table->fields[i];
	return NULL;
}

static int unknown_key(const struct source *source, const struct table *table,
		       const yaml_node_t *key)
{
	const char *names[table->count], *nearest, *text;
	char known[KEYS_TEXT_MAX] = "";
	size_t used = 0;

	if (key->type != YAML_SCALAR_NODE)
		return source_error(source, key, "a key must be a word");
	for (size_t i = 0; i < table->count; i++)
		names[i] = table->fields[i].name;
	text = (const char *)key->data.scalar.value;
	nearest = nearest_name(text, names, table->count);
	if (nearest)
		return source_error(source, key, "unknown key '%.60s': did you mean '%s'?", text,
				    nearest);
	for (size_t i = 0; i < table->count && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "",
					 names[i]);
	return source_error(source, key, "unknown key '%.60s': known here are %s", text, known);
}

static int read_pair(const struct source *source, const struct table *table,
		     const yaml_node_t *mapping, const yaml_node_pair_t *pair, void *object)
{
	const yaml_node_t *key = source_node(source, pair->key);
	const struct field *field = find_field(table, key);
	const yaml_node_pair_t *first;

	if (!field)
		return unknown_key(source, table, key);
	first = source_find(source, mapping, field->name);
	if (first != pair)
		return source_error(source, key, "'%s' is here a second time, after line %zu",
				    field->name,
				    source_node(source, first->key)->start_mark.line + 1);
	return field_read(source, field, source_node(source, pair->value), object);
}

/* A default is read like any other text: it cannot be anything that a file could not say. */
static int read_default(const struct source *source, const struct field *field, void *object)
{
	struct source fallback;
	int r = source_load(field->name, field->fallback, strlen(field->fallback), &fallback,
			    source->error);

	if (r < 0)
		return r;
	r = field_read(&fallback, field, source_root(&fallback), object);
	source_clear(&fallback);
	return r;
}

static int read_missing(const struct source *source, const struct table *table,
			const yaml_node_t *mapping, void *object)
{
	int r = 0;

	for (size_t i = 0; i < table->count && r == 0; i++) {
		const struct field *field = &table->fields[i];

		if (source_find(source, mapping, field->name))
			continue;
		if (field->required)
			return source_error(source, mapping, "the key '%s' is missing",
					    field->name);
		if (field->fallback)
			r = read_default(source, field, object);
	}
	return r;
}

int parse_mapping(const struct source *source, const struct field *field, const yaml_node_t *node,
		  void *object)
{
	void *inner = field_place(field, object);

	if (node->type != YAML_MAPPING_NODE)
		return source_error(source, node, "%s: expected keys and values", field->name);
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		int r = read_pair(source, field->table, node, pair, inner);

		if (r < 0)
			return r;
	}
	return read_missing(source, field->table, node, inner);
}

static int check_length(const struct source *source, const struct field *field,
			const yaml_node_t *node, size_t count)
{
	if (count < field->min)
		return source_error(source, node, "%s: the list must have at least %ju item%s",
				    field->name, (uintmax_t)field->min, field->min == 1 ? "" : "s");
	if (count > field->max)
		return source_error(source, node, "%s: the list has more than %ju items",
				    field->name, (uintmax_t)field->max);
	return 0;
}

int parse_list(const struct source *source, const struct field *field, const yaml_node_t *node,
	       void *object)
{
	const yaml_node_item_t *nodes = node->data.sequence.items.start;
	char *items;
	size_t count;
	int r;

	if (node->type != YAML_SEQUENCE_NODE)
		return source_error(source, node, "%s: expected a list", field->name);
	count = (size_t)(node->data.sequence.items.top - nodes);
	r = check_length(source, field, node, count);
	if (r < 0)
		return r;
	items = calloc(count, field->item_size);
	if (!items && count > 0)
		return source_no_memory(source);
	/* In their place before they are filled, so that an error leaves nothing behind. */
	memcpy(field_place(field, object), &items, sizeof(items));
	memcpy((char *)object + field->count_offset, &count, sizeof(count));
	for (size_t i = 0; i < count && r == 0; i++)
		r = field_read(source, field->item, source_node(source, nodes[i]),
			       items + i * field->item_size);
	return r;
}
