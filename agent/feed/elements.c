/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/elements.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "feed/escapes.h"

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

#define NOTHING_AHEAD (EOF - 1)

struct reading {
	FILE *stream;
	int ahead;	 /* a byte that was looked at and not taken, EOF, or NOTHING_AHEAD */
	uint64_t offset; /* bytes read */
	const char *const *members;
	bool seen[ELEMENT_MEMBERS_MAX]; /* which of them */
	element_fn fn;
	void *userdata;
	struct error *error;
	size_t length;
	char *text; /* one value, ELEMENT_LENGTH_MAX bytes and a NUL */
};

static int peek(struct reading *reading)
{
	if (reading->ahead == NOTHING_AHEAD)
		reading->ahead = getc_unlocked(reading->stream);
	return reading->ahead;
}

static int next(struct reading *reading)
{
	int byte = peek(reading);

	reading->ahead = NOTHING_AHEAD;
	reading->offset += byte != EOF;
	return byte;
}

static int peek_behind_blanks(struct reading *reading)
{
	int byte;

	while ((byte = peek(reading)) == ' ' || byte == '\t' || byte == '\r' || byte == '\n')
		next(reading);
	return byte;
}

/* What stands there instead of @expected. */
static int unexpected(struct reading *reading, const char *expected)
{
	if (ferror(reading->stream))
		return error_set(reading->error, -EIO, "cannot be read on: %s", strerror(errno));
	if (peek(reading) == EOF)
		return error_set(reading->error, -EBADMSG,
				 "the answer is cut off after %ju bytes: expected %s",
				 (uintmax_t)reading->offset, expected);
	return error_set(reading->error, -EBADMSG, "byte %ju: expected %s",
			 (uintmax_t)reading->offset + 1, expected);
}

static int take(struct reading *reading, char wanted, const char *expected)
{
	if (peek_behind_blanks(reading) != wanted)
		return unexpected(reading, expected);
	next(reading);
	return 0;
}

static int append(struct reading *reading, int byte)
{
	if (byte == '\0')
		return error_set(reading->error, -EBADMSG, "byte %ju is NUL",
				 (uintmax_t)reading->offset);
	if (reading->length == ELEMENT_LENGTH_MAX)
		return error_set(reading->error, -EBADMSG,
				 "byte %ju: the value is longer than %u bytes",
				 (uintmax_t)reading->offset, ELEMENT_LENGTH_MAX);
	reading->text[reading->length++] = (char)byte;
	return 0;
}

/* A string, from its first quotation mark to its last. */
static int copy_string(struct reading *reading)
{
	bool escaped = false;
	int r = append(reading, next(reading));

	while (r >= 0) {
		int byte = peek(reading);

		if (byte == EOF)
			return unexpected(reading, "the end of a string");
		r = append(reading, next(reading));
		if (byte == '"' && !escaped)
			break;
		escaped = byte == '\\' && !escaped;
	}
	return r;
}

static bool ends_literal(int byte)
{
	return byte == EOF || strchr(" \t\r\n,]}", byte);
}

static int copy_literal(struct reading *reading)
{
	int r = 0;

	while (r >= 0 && !ends_literal(peek(reading)))
		r = append(reading, next(reading));
	return r;
}

/* An array or an object, to the bracket that ends it; whether they match is for cJSON to say. */
static int copy_brackets(struct reading *reading)
{
	size_t depth = 0;
	int r;

	do {
		int byte = peek(reading);

		if (byte == EOF)
			return unexpected(reading, "the end of a value");
		depth += byte == '{' || byte == '[';
		depth -= byte == '}' || byte == ']';
		r = byte == '"' ? copy_string(reading) : append(reading, next(reading));
	} while (r >= 0 && depth > 0);
	return r;
}

/* Reads the next value into @ret. */
static int take_value(struct reading *reading, cJSON **ret)
{
	uint64_t start;
	int byte, r;

	reading->length = 0;
	byte = peek_behind_blanks(reading);
	start = reading->offset + 1;
	if (byte == '"')
		r = copy_string(reading);
	else
		r = byte == '{' || byte == '[' ? copy_brackets(reading) : copy_literal(reading);
	if (r < 0)
		return r;
	if (reading->length == 0)
		return unexpected(reading, "a value");
	reading->text[reading->length] = '\0';
	escapes_mend(reading->text);
	*ret = cJSON_ParseWithLengthOpts(reading->text, reading->length + 1, NULL, true);
	if (!*ret)
		return error_set(reading->error, -EBADMSG, "byte %ju: the value is not JSON",
				 (uintmax_t)start);
	return 0;
}

static int take_element(struct reading *reading, const char *member, uint64_t number)
{
	_cleanup_(cJSON_Deletep) cJSON *element = NULL;
	int r = take_value(reading, &element);

	if (r >= 0 && !cJSON_IsObject(element))
		r = error_set(reading->error, -EBADMSG, "is not an object");
	if (r >= 0)
		r = reading->fn(member, element, reading->userdata, reading->error);
	return r < 0 ? error_prefix(reading->error, r, "element %ju of \"%s\"", (uintmax_t)number,
				    member)
		     : 0;
}

static int take_array(struct reading *reading, const char *member)
{
	uint64_t number = 0;
	int r = take(reading, '[', "an array");

	if (r < 0 || peek_behind_blanks(reading) == ']')
		return r < 0 ? r : take(reading, ']', "]");
	for (;;) {
		r = take_element(reading, member, ++number);
		if (r < 0)
			return r;
		if (peek_behind_blanks(reading) != ',')
			return take(reading, ']', "a comma or the end of the array");
		next(reading);
	}
}

static int skip_value(struct reading *reading, bool must_be_null)
{
	_cleanup_(cJSON_Deletep) cJSON *value = NULL;
	int r = take_value(reading, &value);

	if (r >= 0 && must_be_null && !cJSON_IsNull(value))
		return error_set(reading->error, -EBADMSG, "must be an array of objects, or null");
	return r;
}

/* A member that was asked for; @name is the caller's of elements_read. */
static int take_wanted(struct reading *reading, const char *name, bool *seen)
{
	int r;

	if (*seen)
		return error_set(reading->error, -EBADMSG, "\"%s\" stands there twice", name);
	*seen = true;
	if (peek_behind_blanks(reading) == '[')
		return take_array(reading, name);
	r = skip_value(reading, true);
	return r < 0 ? error_prefix(reading->error, r, "\"%s\"", name) : 0;
}

static int take_member(struct reading *reading)
{
	_cleanup_(cJSON_Deletep) cJSON *name = NULL;
	int r;

	if (peek_behind_blanks(reading) != '"')
		return unexpected(reading, "the name of a member");
	r = take_value(reading, &name);
	if (r >= 0)
		r = take(reading, ':', "a colon");
	if (r < 0)
		return r;
	for (size_t i = 0; reading->members[i]; i++)
		if (strcmp(reading->members[i], cJSON_GetStringValue(name)) == 0)
			return take_wanted(reading, reading->members[i], &reading->seen[i]);
	return skip_value(reading, false);
}

static int take_members(struct reading *reading)
{
	int r = take(reading, '{', "a JSON object");

	if (r < 0 || peek_behind_blanks(reading) == '}')
		return r < 0 ? r : take(reading, '}', "}");
	for (;;) {
		r = take_member(reading);
		if (r < 0)
			return r;
		if (peek_behind_blanks(reading) != ',')
			return take(reading, '}', "a comma or the end of the object");
		next(reading);
	}
}

int elements_read(FILE *stream, const char *name, const char *const *members, element_fn fn,
		  void *userdata, struct error *error)
{
	_cleanup_free_ char *text = malloc(ELEMENT_LENGTH_MAX + 1);
	struct reading reading = {.stream = stream,
				  .ahead = NOTHING_AHEAD,
				  .members = members,
				  .fn = fn,
				  .userdata = userdata,
				  .error = error,
				  .text = text};
	int r, found = 0;

	if (!text)
		return error_set(error, -ENOMEM, "%s: out of memory", name);
	r = take_members(&reading);
	if (r >= 0 && peek_behind_blanks(&reading) != EOF)
		r = error_set(error, -EBADMSG, "there is text behind the object");
	if (r >= 0 && ferror(stream))
		r = unexpected(&reading, "the end");
	if (r < 0)
		return error_prefix(error, r, "%s", name);
	for (size_t i = 0; members[i]; i++)
		found += reading.seen[i];
	return found;
}
