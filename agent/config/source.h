/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A YAML document in memory, and errors that name a place in it. */
#ifndef SMTPFENCE_CONFIG_SOURCE_H
#define SMTPFENCE_CONFIG_SOURCE_H

#include <stdbool.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "base/error.h"

struct source {
	const char *name; /* of the file, as errors show it; not owned */
	yaml_document_t document;
	struct error *error; /* filled by all that reads this source */
};

/* Loads the one document of the file @path: -EINVAL, -ENOENT, -EFBIG, … */
int source_read(const char *path, struct source *ret, struct error *error);

/* The same from memory; @name stands in errors. */
int source_load(const char *name, const char *text, size_t length, struct source *ret,
		struct error *error);

void source_clear(struct source *source);

/* A parser for @text, which the caller deletes. 0 or -ENOMEM. */
int source_open_parser(const struct source *source, const char *text, size_t length,
		       yaml_parser_t *ret);

/* "NAME:LINE:COLUMN: …", where @node begins; returns -EINVAL. */
int source_error(const struct source *source, const yaml_node_t *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, at @mark. */
int source_error_at(const struct source *source, yaml_mark_t mark, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Returns -ENOMEM. */
int source_no_memory(const struct source *source);

const yaml_node_t *source_root(const struct source *source);
const yaml_node_t *source_node(const struct source *source, int index);

/* The pair of the mapping @node with that key, the first if there are several; NULL: none. */
const yaml_node_pair_t *source_find(const struct source *source, const yaml_node_t *node,
				    const char *key);

/* The value of that pair; NULL: none. */
const yaml_node_t *source_value(const struct source *source, const yaml_node_t *node,
				const char *key);

/* @node is text, and exactly @text. */
bool source_is_text(const yaml_node_t *node, const char *text);

#endif
