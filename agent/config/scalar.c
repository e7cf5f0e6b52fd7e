/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/scalar.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/prefix.h"

#define WORDS_TEXT_MAX	128
#define PERCENT_MAX	100
#define SIZE_DIGITS_MAX 19

const char *scalar_text(const struct source *source, const struct field *field,
			const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;

	if (node->type != YAML_SCALAR_NODE) {
		source_error(source, node, "%s: expected a single value, not a %s", field->name,
			     node->type == YAML_SEQUENCE_NODE ? "list" : "mapping");
		return NULL;
	}
	if (node->data.scalar.length == 0 && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		source_error(source, node, "%s: there is no value: give one, or leave the key away",
			     field->name);
		return NULL;
	}
	for (size_t i = 0; i < node->data.scalar.length; i++)
		if (iscntrl((unsigned char)text[i])) {
			source_error(source, node, "%s: has a control character in it",
				     field->name);
			return NULL;
		}
	return text;
}

int scalar_error(const struct source *source, const struct field *field, const yaml_node_t *node,
		 const char *format, ...)
{
	char wrong[ERROR_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(wrong, sizeof(wrong), format, arguments);
	va_end(arguments);
	return source_error(source, node, "%s: '%.100s' %s", field->name,
			    (const char *)node->data.scalar.value, wrong);
}

int scalar_store(const struct source *source, const struct field *field, const char *text,
		 void *object)
{
	char **place = field_place(field, object);

	*place = strdup(text);
	return *place ? 0 : source_no_memory(source);
}

bool scalar_digits(const char *text, uint64_t *ret)
{
	uint64_t number = 0;
	const char *c = text;

	for (; isdigit((unsigned char)*c); c++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*c - '0'), &number))
			return false;
	*ret = number;
	return c > text && !*c && (*text != '0' || c == text + 1);
}

static int read_number(const struct source *source, const struct field *field,
		       const yaml_node_t *node, uint64_t *ret)
{
	const char *text = scalar_text(source, field, node);

	if (!text)
		return -EINVAL;
	if (!scalar_digits(text, ret) || *ret < field->min || *ret > field->max)
		return scalar_error(source, field, node,
				    "is not a whole number from %" PRIu64 " to %" PRIu64,
				    field->min, field->max);
	return 0;
}

SCALAR_PARSER(parse_u64)
{
	return read_number(source, field, node, field_place(field, object));
}

SCALAR_PARSER(parse_u32)
{
	uint64_t number = 0;
	int r = read_number(source, field, node, &number);

	if (r == 0)
		*(uint32_t *)field_place(field, object) = (uint32_t)number;
	return r;
}

SCALAR_PARSER(parse_percent)
{
	const char *text = scalar_text(source, field, node);
	unsigned int percent = 0;
	const char *c = text;

	if (!text)
		return -EINVAL;
	for (; isdigit((unsigned char)*c) && percent <= PERCENT_MAX; c++)
		percent = percent * 10 + (unsigned int)(*c - '0');
	if (c == text || strcmp(c, "%") != 0 || percent > PERCENT_MAX)
		return scalar_error(source, field, node, "is not a share from 0%% to 100%%");
	*(unsigned int *)field_place(field, object) = percent;
	return 0;
}

static int duration_beyond(const struct source *source, const struct field *field,
			   const yaml_node_t *node)
{
	char min[DURATION_TEXT_MAX], max[DURATION_TEXT_MAX];

	return scalar_error(source, field, node, "is not a duration from %s to %s",
			    duration_format(field->min, min), duration_format(field->max, max));
}

SCALAR_PARSER(parse_duration)
{
	const char *text = scalar_text(source, field, node);
	uint64_t seconds;
	int r;

	if (!text)
		return -EINVAL;
	r = duration_parse(text, &seconds);
	if (r == -EINVAL)
		return scalar_error(source, field, node,
				    "is not a duration: write 90s, 10m, 1h30m or 7d");
	if (r < 0 || seconds < field->min || seconds > field->max)
		return duration_beyond(source, field, node);
	*(uint64_t *)field_place(field, object) = seconds;
	return 0;
}

static const struct unit {
	const char *name;
	unsigned int shift;
} size_units[] = {{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};

/* False: not a size, or one beyond 64 bits. */
static bool read_size(const char *text, uint64_t *ret)
{
	size_t digits = strspn(text, "0123456789");
	char number[SIZE_DIGITS_MAX + 1];

	if (digits > SIZE_DIGITS_MAX)
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(size_units); i++)
		if (strcmp(text + digits, size_units[i].name) == 0)
			return scalar_digits(number, ret) &&
			       !__builtin_mul_overflow(*ret, 1ULL << size_units[i].shift, ret);
	return false;
}

SCALAR_PARSER(parse_size)
{
	const char *text = scalar_text(source, field, node);
	uint64_t size = 0;

	if (!text)
		return -EINVAL;
	if (!read_size(text, &size) || size < field->min || size > field->max)
		return scalar_error(source, field, node,
				    "is not a size from %" PRIu64 " to %" PRIu64
				    " bytes: write 500KiB, 64MiB or 2GiB",
				    field->min, field->max);
	*(uint64_t *)field_place(field, object) = size;
	return 0;
}

/* "drop or reset", "a, b or c". Returns @text. */
static const char *list_words(const struct word *words, char text[WORDS_TEXT_MAX])
{
	size_t used = 0;

	for (const struct word *word = words; word->name && used < WORDS_TEXT_MAX; word++) {
		const char *glue = word == words ? "" : (word[1].name ? ", " : " or ");

		used += (size_t)snprintf(text + used, WORDS_TEXT_MAX - used, "%s%s", glue,
					 word->name);
	}
	return text;
}

SCALAR_PARSER(parse_word)
{
	const char *text = scalar_text(source, field, node);
	char known[WORDS_TEXT_MAX];

	if (!text)
		return -EINVAL;
	for (const struct word *word = field->words; word->name; word++)
		if (strcmp(word->name, text) == 0) {
			*(unsigned int *)field_place(field, object) = word->value;
			return 0;
		}
	return scalar_error(source, field, node, "is not %s", list_words(field->words, known));
}

SCALAR_PARSER(parse_prefix)
{
	const char *text = scalar_text(source, field, node);
	int r;

	if (!text)
		return -EINVAL;
	r = prefix_parse(text, field_place(field, object));
	if (r < 0)
		return scalar_error(source, field, node, "%s", prefix_parse_problem(r));
	return 0;
}

SCALAR_PARSER(parse_path)
{
	const char *text = scalar_text(source, field, node);

	if (!text)
		return -EINVAL;
	if (text[0] != '/' || text[strlen(text) - 1] == '/')
		return scalar_error(source, field, node, "is not an absolute path");
	if (strlen(text) >= field->max)
		return scalar_error(source, field, node, "is longer than %" PRIu64 " bytes",
				    field->max - 1);
	return scalar_store(source, field, text, object);
}

SCALAR_PARSER(parse_name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-.";
	const char *text = scalar_text(source, field, node);

	if (!text)
		return -EINVAL;
	if (!*text || *text == '-' || text[strspn(text, allowed)] || strlen(text) > field->max)
		return scalar_error(source, field, node,
				    "is not a name of at most %" PRIu64
				    " letters, digits, '_', '-' and '.'",
				    field->max);
	return scalar_store(source, field, text, object);
}
