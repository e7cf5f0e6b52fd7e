/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The customer's notice: a template that is read, and refused, with the configuration. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "config/config.h"
#include "config/notice.h"
#include "config/scalar.h"
#include "config/sections.h"
#include "skel/notice.h" /* notice_built_in: share/notice.txt */

#define TEMPLATE_SIZE_MAX ((size_t)64 << 10)

#define TEXT				 .within = NULL
#define LIST				 .is_list = true
#define MAIL				 .within = "mails"
#define NAME(NAME, name_, kind, meaning) [NOTICE_##NAME] = {.name = #name_, kind},
static const struct template_name placeholders[] = {NOTICE_PLACEHOLDERS(NAME)};
#undef NAME

const struct template_names notice_names = {placeholders, ARRAY_SIZE(placeholders)};

void notice_print_placeholders(void)
{
#define LINE(NAME, name, kind, meaning) printf("  %-12s %s\n", #name, meaning);
	NOTICE_PLACEHOLDERS(LINE)
#undef LINE
}

static int read_file(const char *path, char **ret_text, size_t *ret_length)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *text = malloc(TEMPLATE_SIZE_MAX + 1);

	if (!text)
		return -ENOMEM;
	if (!file)
		return -errno;
	*ret_length = fread(text, 1, TEMPLATE_SIZE_MAX + 1, file);
	if (ferror(file))
		return -errno;
	if (*ret_length > TEMPLATE_SIZE_MAX)
		return -EFBIG;
	*ret_text = STEAL(text);
	return 0;
}

/* A file's own faults are told by its own lines. */
static SCALAR_PARSER(parse_template)
{
	const char *path = scalar_text(source, field, node);
	struct config_notice *notice = object;
	_cleanup_free_ char *text = NULL;
	size_t length = 0;
	int r;

	if (!path)
		return -EINVAL;
	if (!*path)
		return 0;
	r = parse_path(source, field, node, object);
	if (r < 0)
		return r;
	r = read_file(notice->path, &text, &length);
	if (r == -EFBIG)
		return scalar_error(source, field, node, "is larger than %zu bytes",
				    TEMPLATE_SIZE_MAX);
	if (r < 0)
		return scalar_error(source, field, node, "cannot be read: %s", strerror(-r));
	return template_parse(notice->path, text, length, &notice_names, &notice->template,
			      source->error);
}

int notice_check(const struct source *source, const yaml_node_t *node, void *object)
{
	struct config_notice *notice = &((struct config *)object)->notice;

	(void)node;
	if (notice->template)
		return 0;
	return template_parse("the built-in notice", notice_built_in, strlen(notice_built_in),
			      &notice_names, &notice->template, source->error);
}

static const struct field rows[] = {
	{
		.name = "template",
		.meaning = "file with the text for a customer; \"\": the built-in one",
		.fallback = "\"\"",
		.parse = parse_template,
		.max = PATH_MAX,
		.offset = offsetof(struct config_notice, path),
	},
};

const struct table notice_table = TABLE(rows);
