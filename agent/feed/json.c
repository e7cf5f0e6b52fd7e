/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "feed/escapes.h"

#define JSON_BLANKS " \t\r\n"

int json_line(struct lines *lines, cJSON **ret, struct error *error)
{
	_cleanup_(cJSON_Deletep) cJSON *object = NULL;

	if (lines->text[strspn(lines->text, JSON_BLANKS)] == '\0')
		return 0;
	escapes_mend(lines->text);
	object = cJSON_ParseWithLengthOpts(lines->text, lines->length + 1, NULL, true);
	if (!object)
		return error_set(error, -EBADMSG, "the line is not a JSON object, or is cut off");
	if (!cJSON_IsObject(object))
		return error_set(error, -EBADMSG, "the line is JSON, but not an object");
	*ret = STEAL(object);
	return 1;
}

static int find(const cJSON *object, const char *name, const cJSON **ret, struct error *error)
{
	const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!found)
		return 0;
	for (const cJSON *other = found->next; other; other = other->next)
		if (strcmp(other->string, name) == 0)
			return error_set(error, -EBADMSG, "\"%s\" stands there twice", name);
	*ret = found;
	return 1;
}

int json_integer(const cJSON *object, const char *name, int64_t min, int64_t max, int64_t *ret,
		 struct error *error)
{
	const cJSON *item = NULL;
	int r = find(object, name, &item, error);

	if (r <= 0)
		return r;
	if (!cJSON_IsNumber(item) || item->valuedouble < (double)min ||
	    item->valuedouble > (double)max || item->valuedouble != trunc(item->valuedouble))
		return error_set(error, -EBADMSG,
				 "\"%s\" must be an integer from %" PRId64 " to %" PRId64, name,
				 min, max);
	*ret = (int64_t)item->valuedouble;
	return 1;
}

int json_string(const cJSON *object, const char *name, const char **ret, struct error *error)
{
	const cJSON *item = NULL;
	int r = find(object, name, &item, error);

	if (r <= 0)
		return r;
	if (!cJSON_IsString(item))
		return error_set(error, -EBADMSG, "\"%s\" must be a string", name);
	text_make_printable(item->valuestring);
	*ret = item->valuestring;
	return 1;
}

int json_time(const cJSON *object, const char *name, int64_t *ret, struct error *error)
{
	const char *text = NULL;
	int64_t time;
	int r = json_string(object, name, &text, error);

	if (r <= 0)
		return r;
	if (time_parse(text, &time) < 0 || time <= 0)
		return error_set(error, -EBADMSG,
				 "\"%s\" must be a time like 2026-11-21T21:00:00Z, after 1970",
				 name);
	*ret = time;
	return 1;
}

int json_array(const cJSON *object, const char *name, const cJSON **ret, struct error *error)
{
	const cJSON *item = NULL;
	int r = find(object, name, &item, error);

	if (r <= 0)
		return r;
	if (!cJSON_IsArray(item))
		return error_set(error, -EBADMSG, "\"%s\" must be an array", name);
	*ret = item;
	return 1;
}

int json_require(int found, const char *name, struct error *error)
{
	if (found == 0)
		return error_set(error, -EBADMSG, "\"%s\" is missing", name);
	return found < 0 ? found : 0;
}
