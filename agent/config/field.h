/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration as tables: a row says of one key what it is called, what it means, its default
 * and where its value goes. The parser, the defaults and the reference text all come from them.
 */
#ifndef SMTPFENCE_CONFIG_FIELD_H
#define SMTPFENCE_CONFIG_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "config/source.h"

struct field;

/* Reads @node into the place of @field in @object. 0, -EINVAL or -ENOMEM; the error is set. */
typedef int (*field_parse_fn)(const struct source *source, const struct field *field,
			      const yaml_node_t *node, void *object);

/* Looks over what was read from @node; @object is what the field's own value lies in. */
typedef int (*field_check_fn)(const struct source *source, const yaml_node_t *node, void *object);

/* A word that stands for a number; an array of them ends with a NULL name. */
struct word {
	const char *name;
	unsigned int value;
};

struct table {
	const struct field *fields;
	size_t count;
};

struct field {
	const char *name;
	const char *meaning;  /* one line, for --help */
	const char *fallback; /* the default, as YAML; NULL: the key may be missing, then it is 0 */
	bool required;
	size_t offset;	     /* of the value in its object; enums and lengths are unsigned int */
	size_t count_offset; /* lists: of the number of items, a size_t */
	size_t item_size;    /* lists: of one item */
	uint64_t min, max;   /* of a number, of a duration in seconds, of a list's length */
	const struct word *words;
	const struct table *table; /* mappings: what is in them */
	const struct field *item;  /* lists: what each item is, at offset 0 of the item */
	field_parse_fn parse;
	field_check_fn check; /* may be NULL */
};

/* Reads one value, and checks it. */
int field_read(const struct source *source, const struct field *field, const yaml_node_t *node,
	       void *object);

/* Kinds of value that hold others. */
int parse_mapping(const struct source *source, const struct field *field, const yaml_node_t *node,
		  void *object);
int parse_list(const struct source *source, const struct field *field, const yaml_node_t *node,
	       void *object);

static inline void *field_place(const struct field *field, void *object)
{
	return (char *)object + field->offset;
}

#endif
