/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/template_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/array.h"
#include "base/nearest.h"
#include "base/text.h"

#define OPEN   "{{"
#define CLOSE  "}}"
#define BLANKS " \t"

#define NAMES_MAX 64

/* A template that is being read. */
struct reading {
	struct template *template;
	const char *file;
	const struct template_names *names;
	const char *at;			   /* what comes next */
	size_t line;			   /* where that is */
	size_t open[TEMPLATE_NESTING_MAX]; /* sections without their end yet, as indexes of parts */
	size_t depth;
	struct error *error;
};

static int fail(const struct reading *reading, size_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(const struct reading *reading, size_t line, const char *format, ...)
{
	char what[ERROR_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	return error_set(reading->error, -EINVAL, "%s:%zu: %s", reading->file, line, what);
}

static int add_part(struct reading *reading, const struct part *part)
{
	struct template *template = reading->template;
	struct part *parts = array_grow(template->parts, template->count, sizeof(*parts));

	if (!parts)
		return error_set(reading->error, -ENOMEM, "%s: out of memory", reading->file);
	template->parts = parts;
	parts[template->count++] = *part;
	return 0;
}

static int add_text(struct reading *reading, const char *begin, const char *end)
{
	const struct part part = {
		.kind = PART_TEXT, .text = begin, .length = (size_t)(end - begin)};

	return part.length ? add_part(reading, &part) : 0;
}

static void advance(struct reading *reading, const char *to)
{
	for (; reading->at < to; reading->at++)
		reading->line += *reading->at == '\n';
}

/* What is between the braces. */
struct tag {
	char kind;		 /* '#' '^' '/' '!', or '\0' for a value */
	const char *begin, *end; /* braces included */
	const char *name;
	size_t length;
};

static int take_tag(const struct reading *reading, const char *begin, struct tag *ret)
{
	const char *inside = begin + strlen(OPEN), *end = strstr(inside, CLOSE);
	struct tag tag = {.kind = *inside, .begin = begin};

	if (tag.kind != '!' && (!end || memchr(inside, '\n', (size_t)(end - inside))))
		return fail(reading, reading->line, "\"%.*s\" is not closed with \"" CLOSE "\"",
			    (int)strcspn(begin, "\n"), begin);
	if (!end)
		return fail(reading, reading->line, "the comment is not closed with \"" CLOSE "\"");
	if (strchr("#^/!", tag.kind))
		inside++;
	else
		tag.kind = '\0';
	tag.end = end + strlen(CLOSE);
	tag.name = inside + strspn(inside, BLANKS);
	while (end > tag.name && strchr(BLANKS, end[-1]))
		end--;
	tag.length = end > tag.name ? (size_t)(end - tag.name) : 0;
	*ret = tag;
	return 0;
}

static int unknown_name(const struct reading *reading, const struct tag *tag)
{
	const char *names[NAMES_MAX], *nearest;
	char name[ERROR_TEXT_MAX];
	size_t count = 0;

	for (; count < reading->names->count && count < NAMES_MAX; count++)
		names[count] = reading->names->items[count].name;
	snprintf(name, sizeof(name), "%.*s", (int)tag->length, tag->name);
	nearest = nearest_name(name, names, count);
	if (nearest)
		return fail(reading, reading->line,
			    "unknown placeholder '%.60s': did you mean '%s'?", name, nearest);
	return fail(reading, reading->line, "unknown placeholder '%.60s'", name);
}

static int find_name(const struct reading *reading, const struct tag *tag, size_t *ret)
{
	for (size_t i = 0; i < reading->names->count; i++) {
		const char *name = reading->names->items[i].name;

		if (strlen(name) == tag->length && memcmp(name, tag->name, tag->length) == 0) {
			*ret = i;
			return 0;
		}
	}
	return unknown_name(reading, tag);
}

static struct part *open_section(const struct reading *reading, size_t level)
{
	return &reading->template->parts[reading->open[level]];
}

static const char *name_of(const struct reading *reading, const struct part *part)
{
	return reading->names->items[part->name].name;
}

/* It stands in a section that is shown where the name has a value. */
static bool is_inside(const struct reading *reading, const char *name)
{
	for (size_t i = 0; i < reading->depth; i++) {
		const struct part *part = open_section(reading, i);

		if (part->kind == PART_SECTION && strcmp(name_of(reading, part), name) == 0)
			return true;
	}
	return false;
}

static int open_part(struct reading *reading, struct part *part)
{
	const char *name = name_of(reading, part);

	for (size_t i = 0; i < reading->depth; i++)
		if (open_section(reading, i)->name == part->name)
			return fail(reading, part->line, "'%s' is open already, since line %zu",
				    name, open_section(reading, i)->line);
	if (reading->depth == TEMPLATE_NESTING_MAX)
		return fail(reading, part->line, "more than %d sections in each other",
			    TEMPLATE_NESTING_MAX);
	reading->open[reading->depth++] = reading->template->count;
	return add_part(reading, part);
}

static int close_part(struct reading *reading, struct part *part)
{
	const char *name = name_of(reading, part);
	struct part *section = reading->depth ? open_section(reading, reading->depth - 1) : NULL;

	if (!section)
		return fail(reading, part->line, "'%s' is closed, and was not open", name);
	if (section->name != part->name)
		return fail(reading, part->line, "'%s' is closed, while '%s' of line %zu is open",
			    name, name_of(reading, section), section->line);
	section->end = reading->template->count;
	reading->depth--;
	return add_part(reading, part);
}

static int read_tag(struct reading *reading, const struct tag *tag)
{
	struct part part = {.kind = PART_VALUE, .line = reading->line};
	const struct template_name *name;
	int r = tag->kind == '!' ? 1 : find_name(reading, tag, &part.name);

	if (r != 0)
		return r < 0 ? r : 0;
	name = &reading->names->items[part.name];
	part.is_list = name->is_list;
	if (name->within && !is_inside(reading, name->within))
		return fail(reading, part.line, "'%s' has a meaning only in a section of '%s'",
			    name->name, name->within);
	if (tag->kind == '/') {
		part.kind = PART_END;
		return close_part(reading, &part);
	}
	if (tag->kind) {
		part.kind = tag->kind == '#' ? PART_SECTION : PART_INVERTED;
		return open_part(reading, &part);
	}
	if (name->is_list)
		return fail(reading, part.line, "'%s' is a list, and needs a section", name->name);
	return add_part(reading, &part);
}

/* The line goes with a tag that has it for itself: then @tag is made as long as the line. */
static void take_line(const struct reading *reading, struct tag *tag)
{
	const char *begin = tag->begin, *end = tag->end + strspn(tag->end, BLANKS);

	while (begin > reading->template->text && strchr(BLANKS, begin[-1]))
		begin--;
	if (!tag->kind || (*end && *end != '\n') ||
	    (begin > reading->template->text && begin[-1] != '\n'))
		return;
	tag->begin = begin;
	tag->end = *end ? end + 1 : end;
}

static int read_next(struct reading *reading)
{
	const char *begin = reading->at, *brace = strstr(begin, OPEN);
	struct tag tag = {.begin = brace, .end = brace, .name = brace};
	int r;

	if (!brace) {
		advance(reading, strchr(begin, '\0'));
		return add_text(reading, begin, reading->at);
	}
	advance(reading, brace);
	r = take_tag(reading, brace, &tag);
	if (r < 0)
		return r;
	take_line(reading, &tag);
	r = add_text(reading, begin, tag.begin);
	if (r == 0)
		r = read_tag(reading, &tag);
	advance(reading, tag.end);
	return r;
}

/* What goes to a customer's mail client must be text, and nothing else. */
static int check_text(struct reading *reading, size_t length)
{
	const char *text = reading->template->text, *bad = text_find_unprintable(text);

	if (!bad && strlen(text) < length)
		bad = text + strlen(text);
	if (!bad)
		return 0;
	advance(reading, bad);
	return fail(reading, reading->line,
		    "byte 0x%02x is not part of a printable character: the file must be UTF-8 text",
		    (unsigned char)*bad);
}

static int read_all(struct reading *reading, size_t length)
{
	const struct part *section;
	int r = check_text(reading, length);

	while (r == 0 && *reading->at)
		r = read_next(reading);
	if (r < 0 || reading->depth == 0)
		return r;
	section = open_section(reading, reading->depth - 1);
	return fail(reading, section->line, "'%s' is not closed", name_of(reading, section));
}

int template_parse(const char *file, const char *text, size_t length,
		   const struct template_names *names, struct template **ret, struct error *error)
{
	_cleanup_(template_freep) struct template *template = calloc(1, sizeof(*template));
	struct reading reading = {
		.template = template, .file = file, .names = names, .line = 1, .error = error};
	int r;

	if (template)
		template->text = strndup(text, length);
	if (!template || !template->text)
		return error_set(error, -ENOMEM, "%s: out of memory", file);
	reading.at = template->text;
	r = read_all(&reading, length);
	if (r == 0)
		*ret = STEAL(template);
	return r;
}
