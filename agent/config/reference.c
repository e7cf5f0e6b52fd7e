/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reference text for --help, written from the tables in the shape of the file itself. */
#include <stdio.h>

#include "config/config.h"
#include "config/field.h"
#include "config/sections.h"

#define REFERENCE_MAX  8192
#define MEANING_COLUMN 42
#define INDENT	       2

static void write_table(FILE *stream, const struct table *table, int indent, bool is_item);

static void write_meaning(FILE *stream, const struct field *field)
{
	fputs("# ", stream);
	if (field->required)
		fputs("required; ", stream);
	for (const struct word *word = field->words; word && word->name; word++)
		fprintf(stream, "%s%s", word->name, word[1].name ? " | " : "; ");
	fprintf(stream, "%s\n", field->meaning);
}

/* @dash stands before the first key of a list's item. */
static void write_field(FILE *stream, const struct field *field, int indent, const char *dash)
{
	const struct table *item = field->item ? field->item->table : NULL;
	const char *fallback = field->fallback && !field->table && !item ? field->fallback : "";
	int used = fprintf(stream, "%*s%s%s: %s", indent, "", dash, field->name, fallback);

	fprintf(stream, "%*s", used < MEANING_COLUMN ? MEANING_COLUMN - used : 1, "");
	write_meaning(stream, field);
	if (field->table)
		write_table(stream, field->table, indent + INDENT, false);
	if (item)
		write_table(stream, item, indent + INDENT, true);
}

static void write_table(FILE *stream, const struct table *table, int indent, bool is_item)
{
	for (size_t i = 0; i < table->count; i++) {
		bool has_dash = is_item && i == 0;

		write_field(stream, &table->fields[i], is_item && i > 0 ? indent + INDENT : indent,
			    has_dash ? "- " : "");
	}
}

const char *config_reference(void)
{
	static char text[REFERENCE_MAX];
	_cleanup_fclose_ FILE *stream = NULL;

	if (text[0])
		return text;
	stream = fmemopen(text, sizeof(text), "w");
	if (stream)
		write_table(stream, &schema_table, 0, false);
	return text;
}
