/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes to standard output: JSON, tables, single values. Text from the daemon is text from the
 * scorer and from guests' mail: a terminal gets only what is printable of it.
 */
#ifndef SMTPFENCE_CLI_OUTPUT_H
#define SMTPFENCE_CLI_OUTPUT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum output_kind {
	OUTPUT_PLAIN,	 /* arrays: their elements with commas between */
	OUTPUT_DURATION, /* seconds, as "1h30m" */
	OUTPUT_RATE,	 /* with a digit behind the point, where that says something */
};

/* A column of a table, or a line of a record: one field of an object. */
struct output_column {
	const char *title;
	const char *field;
	enum output_kind kind;
	int width; /* at least; 0: as wide as what is in it */
};

#define PLAIN(heading, name)                                                                       \
	{                                                                                          \
		.title = (heading), .field = (name)                                                \
	}
#define DURATION(heading, name)                                                                    \
	{                                                                                          \
		.title = (heading), .field = (name), .kind = OUTPUT_DURATION                       \
	}

enum output_heading { OUTPUT_NO_HEADING, OUTPUT_HEADING };

/*
 * Pretty. Returns CLI_OK; CLI_DEGRADED: out of memory. Texts in @value are made printable where
 * they go to a terminal, and stay as they are for a program.
 */
int output_json(cJSON *value);

/* The same on one line. */
int output_json_line(cJSON *value);

/* A text of several lines. */
int output_text(const cJSON *value);

/* A part of an array that is printed in parts, with brackets around the first to the last. */
int output_json_part(cJSON *rows, bool first, bool last);

/* Widens the columns to what the rows hold, so that tables below each other are one. */
int output_fit(const cJSON *rows, struct output_column *columns, size_t count);

/* A table of the array @rows, one object a row. Returns as output_json does. */
int output_table(const cJSON *rows, const struct output_column *columns, size_t count,
		 enum output_heading heading);

/* The fields of one object, one a line: "title  value". */
int output_record(const cJSON *object, const struct output_column *fields, size_t count);

/* One field of @object as in a table; "-" where it is missing or null. Owned; NULL: no memory. */
char *output_field(const cJSON *object, const char *field, enum output_kind kind);

/* One value as in a table; "-" where it is missing or null. Owned; NULL: out of memory. */
char *output_value(const cJSON *value, enum output_kind kind);

#endif
