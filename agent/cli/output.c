/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/output.h"

#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"

#define RATE_WHOLE 100 /* from here on a rate is told in whole ones */

DEFINE_CLEANUP(struct libscols_table *, scols_unref_table)

static int out_of_memory(void)
{
	fputs("smtpfence: out of memory\n", stderr);
	return CLI_DEGRADED;
}

static void make_printable(cJSON *value)
{
	cJSON *item;

	if (cJSON_IsString(value))
		text_make_lines_printable(value->valuestring);
	cJSON_ArrayForEach (item, value) {
		make_printable(item);
	}
}

/* JSON escapes what is below a space, but not DEL and the C1 controls (U+0080 to U+009F). */
static int print_json(cJSON *value, char *(*print)(const cJSON *))
{
	_cleanup_free_ char *text = NULL;

	if (isatty(STDOUT_FILENO))
		make_printable(value);
	text = print(value);
	if (!text)
		return out_of_memory();
	puts(text);
	return CLI_OK;
}

int output_json(cJSON *value)
{
	return print_json(value, cJSON_Print);
}

int output_json_line(cJSON *value)
{
	return print_json(value, cJSON_PrintUnformatted);
}

int output_text(const cJSON *value)
{
	const char *text = cJSON_GetStringValue(value);
	_cleanup_free_ char *copy = strdup(text ? text : "");

	if (!copy)
		return out_of_memory();
	text_make_lines_printable(copy);
	fputs(copy, stdout);
	return CLI_OK;
}

int output_json_part(cJSON *rows, bool first, bool last)
{
	cJSON *row;
	int status = CLI_OK;

	if (first)
		puts("[");
	cJSON_ArrayForEach (row, rows) {
		if (!first || row != rows->child)
			puts(",");
		status = output_json(row);
		if (status != CLI_OK)
			return status;
	}
	if (last)
		puts("]");
	return status;
}

static char *join(const cJSON *array)
{
	_cleanup_free_ char *text = NULL;
	const cJSON *item;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return NULL;
	cJSON_ArrayForEach (item, array) {
		fprintf(stream, "%s%s", item == array->child ? "" : ",",
			cJSON_IsString(item) ? item->valuestring : "?");
	}
	return fclose(stream) == 0 ? STEAL(text) : NULL;
}

static char *format_number(double number, enum output_kind kind)
{
	char duration[DURATION_TEXT_MAX];
	int precision;
	char *text;

	if (kind == OUTPUT_DURATION && number >= 0)
		return strdup(duration_format((uint64_t)number, duration));
	precision = kind == OUTPUT_RATE && number < RATE_WHOLE ? 1 : 0;
	return asprintf(&text, "%.*f", precision, number) < 0 ? NULL : text;
}

static char *format_value(const cJSON *value, enum output_kind kind)
{
	if (cJSON_IsNumber(value))
		return format_number(value->valuedouble, kind);
	if (cJSON_IsString(value) && value->valuestring[0])
		return strdup(value->valuestring);
	if (cJSON_IsArray(value) && value->child)
		return join(value);
	if (cJSON_IsBool(value))
		return strdup(cJSON_IsTrue(value) ? "yes" : "no");
	return strdup("-");
}

char *output_value(const cJSON *value, enum output_kind kind)
{
	char *text = format_value(value, kind);

	if (text)
		text_make_printable(text);
	return text;
}

char *output_field(const cJSON *object, const char *field, enum output_kind kind)
{
	return output_value(cJSON_GetObjectItemCaseSensitive(object, field), kind);
}

/* Numbers stand at the right of their column; the first row with a value tells what it holds. */
static bool is_numeric(const cJSON *rows, const struct output_column *column)
{
	const cJSON *row;

	cJSON_ArrayForEach (row, rows) {
		const cJSON *value = cJSON_GetObjectItemCaseSensitive(row, column->field);

		if (value && !cJSON_IsNull(value))
			return cJSON_IsNumber(value);
	}
	return false;
}

static int fill_line(struct libscols_line *line, const cJSON *row,
		     const struct output_column *columns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *text = output_field(row, columns[i].field, columns[i].kind);

		/* The line takes the text over. */
		if (!text || scols_line_refer_data(line, i, text) != 0) {
			free(text);
			return -1;
		}
	}
	return 0;
}

static int fill_table(struct libscols_table *table, const cJSON *rows,
		      const struct output_column *columns, size_t count)
{
	const cJSON *row;

	for (size_t i = 0; i < count; i++) {
		int flags = is_numeric(rows, &columns[i]) ? SCOLS_FL_RIGHT : 0;

		if (!scols_table_new_column(table, columns[i].title, columns[i].width, flags))
			return -1;
	}
	cJSON_ArrayForEach (row, rows) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (!line || fill_line(line, row, columns, count) < 0)
			return -1;
	}
	return 0;
}

int output_fit(const cJSON *rows, struct output_column *columns, size_t count)
{
	const cJSON *row;

	cJSON_ArrayForEach (row, rows) {
		for (size_t i = 0; i < count; i++) {
			_cleanup_free_ char *text =
				output_field(row, columns[i].field, columns[i].kind);

			if (!text)
				return out_of_memory();
			if (columns[i].width < (int)strlen(text))
				columns[i].width = (int)strlen(text);
		}
	}
	return CLI_OK;
}

int output_table(const cJSON *rows, const struct output_column *columns, size_t count,
		 enum output_heading heading)
{
	_cleanup_(scols_unref_tablep) struct libscols_table *table = scols_new_table();

	if (!table || fill_table(table, rows, columns, count) < 0)
		return out_of_memory();
	scols_table_enable_noheadings(table, heading == OUTPUT_NO_HEADING);
	return scols_print_table(table) == 0 ? CLI_OK : out_of_memory();
}

int output_record(const cJSON *object, const struct output_column *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *text = output_field(object, fields[i].field, fields[i].kind);

		if (!text)
			return out_of_memory();
		printf("%-11s %s\n", fields[i].title, text);
	}
	return CLI_OK;
}
