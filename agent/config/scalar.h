/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of single value: each reads a node's text into a field (see field.h). */
#ifndef SMTPFENCE_CONFIG_SCALAR_H
#define SMTPFENCE_CONFIG_SCALAR_H

#include "config/field.h"

/* The text of a scalar without control characters, or NULL with the error set. */
const char *scalar_text(const struct source *source, const struct field *field,
			const yaml_node_t *node);

/* "KEY: 'TEXT' WRONG"; returns -EINVAL. */
int scalar_error(const struct source *source, const struct field *field, const yaml_node_t *node,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Copies @text to the field, a char *. 0 or -ENOMEM. */
int scalar_store(const struct source *source, const struct field *field, const char *text,
		 void *object);

/*
 * Reads decimal digits and nothing else: YAML's 010, 0x10, 1_000 and 1e3 mean different things to
 * different people.
 */
bool scalar_digits(const char *text, uint64_t *ret);

#define SCALAR_PARSER(name)                                                                        \
	int name(const struct source *source, const struct field *field, const yaml_node_t *node,  \
		 void *object)

SCALAR_PARSER(parse_u32);      /* from field.min to field.max */
SCALAR_PARSER(parse_u64);      /* the same, uint64_t */
SCALAR_PARSER(parse_percent);  /* "50%", unsigned int, 0 to 100 */
SCALAR_PARSER(parse_duration); /* uint64_t seconds, from field.min to field.max */
SCALAR_PARSER(parse_size);     /* "64MiB", uint64_t bytes, from field.min to field.max */
SCALAR_PARSER(parse_word);     /* one of field.words, unsigned int */
SCALAR_PARSER(parse_prefix);   /* struct smtpfence_prefix */
SCALAR_PARSER(parse_path);     /* absolute, shorter than field.max bytes */
SCALAR_PARSER(parse_name);     /* letters, digits, '_', '-' and '.' */

#endif
