/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/source.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "config/proof.h"

/* Ten thousand allowlist entries take 200 kB. */
#define SOURCE_SIZE_MAX ((size_t)1 << 20)

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* libyaml counts lines and columns from 0, people from 1. */
static int error_at(const struct source *source, yaml_mark_t mark, const char *format,
		    va_list arguments)
{
	char text[ERROR_TEXT_MAX];

	vsnprintf(text, sizeof(text), format, arguments);
	return error_set(source->error, -EINVAL, "%s:%zu:%zu: %s", source->name, mark.line + 1,
			 mark.column + 1, text);
}

int source_error_at(const struct source *source, yaml_mark_t mark, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	error_at(source, mark, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

int source_error(const struct source *source, const yaml_node_t *node, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	error_at(source, node->start_mark, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

int source_no_memory(const struct source *source)
{
	return error_set(source->error, -ENOMEM, "%s: out of memory", source->name);
}

int source_open_parser(const struct source *source, const char *text, size_t length,
		       yaml_parser_t *ret)
{
	if (!yaml_parser_initialize(ret))
		return source_no_memory(source);
	yaml_parser_set_encoding(ret, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(ret, (const unsigned char *)text, length);
	return 0;
}

int source_load(const char *name, const char *text, size_t length, struct source *ret,
		struct error *error)
{
	struct source source = {.name = name, .error = error};
	yaml_parser_t parser;
	int r;

	/* Taken off here, for libyaml would count it as a column. */
	if (length >= strlen(BYTE_ORDER_MARK) &&
	    memcmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0) {
		text += strlen(BYTE_ORDER_MARK);
		length -= strlen(BYTE_ORDER_MARK);
	}
	r = proof_read(&source, text, length);
	if (r < 0)
		return r;
	r = source_open_parser(&source, text, length, &parser);
	if (r < 0)
		return r;
	if (!yaml_parser_load(&parser, &source.document))
		r = source_no_memory(&source); /* all else has been proved */
	yaml_parser_delete(&parser);
	if (r == 0)
		*ret = source;
	return r;
}

int source_read(const char *path, struct source *ret, struct error *error)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *text = NULL;
	size_t length;

	if (!file)
		return error_set(error, -errno, "%s: cannot open: %s", path, strerror(errno));
	text = malloc(SOURCE_SIZE_MAX + 1);
	if (!text)
		return error_set(error, -ENOMEM, "%s: out of memory", path);
	length = fread(text, 1, SOURCE_SIZE_MAX + 1, file);
	if (ferror(file))
		return error_set(error, -errno, "%s: cannot read: %s", path, strerror(errno));
	if (length > SOURCE_SIZE_MAX)
		return error_set(error, -EFBIG, "%s: larger than %zu bytes", path, SOURCE_SIZE_MAX);
	return source_load(path, text, length, ret, error);
}

void source_clear(struct source *source)
{
	yaml_document_delete(&source->document);
}

/* libyaml's functions do not modify the document, but take it as if they did. */
const yaml_node_t *source_root(const struct source *source)
{
	return yaml_document_get_root_node((yaml_document_t *)&source->document);
}

const yaml_node_t *source_node(const struct source *source, int index)
{
	return yaml_document_get_node((yaml_document_t *)&source->document, index);
}

bool source_is_text(const yaml_node_t *node, const char *text)
{
	return node->type == YAML_SCALAR_NODE && node->data.scalar.length == strlen(text) &&
	       memcmp(node->data.scalar.value, text, strlen(text)) == 0;
}

const yaml_node_pair_t *source_find(const struct source *source, const yaml_node_t *node,
				    const char *key)
{
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++)
		if (source_is_text(source_node(source, pair->key), key))
			return pair;
	return NULL;
}

const yaml_node_t *source_value(const struct source *source, const yaml_node_t *node,
				const char *key)
{
	const yaml_node_pair_t *pair = source_find(source, node, key);

	return pair ? source_node(source, pair->value) : NULL;
}
