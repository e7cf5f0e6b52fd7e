/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/input.h"
#include "base/clock.h"
#include "base/prefix.h"
#include "base/text.h"

/* The largest integer that a JSON number, a double here, holds exactly. */
#define JSON_INTEGER_MAX 9007199254740991.0

const char *input_query(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

struct query_check {
	const struct route *route;
	struct error *error;
	int result;
};

static enum MHD_Result check_parameter(void *userdata, enum MHD_ValueKind kind, const char *name,
				       const char *value)
{
	struct query_check *check = userdata;

	(void)kind;
	for (size_t i = 0; i < API_QUERIES_MAX; i++) {
		const char *known = check->route->queries[i];

		if (known && strcmp(known, name) == 0 && value)
			return MHD_YES;
	}
	check->result = error_set(check->error, -EINVAL, "unknown query parameter \"%s\"", name);
	return MHD_NO;
}

int input_check_query(const struct request *request, const struct route *route, struct error *error)
{
	struct query_check check = {.route = route, .error = error};

	MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, check_parameter,
				  &check);
	return check.result;
}

int input_query_number(const struct request *request, const char *name, int64_t min, int64_t max,
		       int64_t *ret, struct error *error)
{
	const char *text = input_query(request, name);
	char *end;
	int64_t number;

	if (!text)
		return 0;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end || number < min || number > max)
		return error_set(error, -EINVAL,
				 "%s: \"%s\" is not a number from %" PRId64 " to %" PRId64, name,
				 text, min, max);
	*ret = number;
	return 0;
}

/* The "+" of an offset is a space unless whoever asked took care to encode it. */
int input_query_time(const struct request *request, const char *name, int64_t *ret,
		     struct error *error)
{
	const char *text = input_query(request, name);
	char copy[64] = "", *space;

	if (!text)
		return 0;
	snprintf(copy, sizeof(copy), "%s", text);
	space = strrchr(copy, ' ');
	if (space)
		*space = '+';
	if (strlen(text) >= sizeof(copy) || time_parse(copy, ret) < 0)
		return error_set(error, -EINVAL,
				 "%s: \"%s\" is not a time such as 2022-08-29T17:42:50+01:00", name,
				 text);
	return 0;
}

int input_query_state(const struct request *request, struct ledger_filter *filter,
		      struct error *error)
{
	const char *state = input_query(request, "state");

	if (!state)
		return 0;
	filter->by_state = true;
	if (sentence_state_parse(state, &filter->state) < 0)
		return error_set(error, -EINVAL,
				 "state: \"%s\" is none of unblocked, blockedForSpam, unblocking",
				 state);
	return 0;
}

int input_prefix(const char *name, const char *text, struct smtpfence_prefix *ret,
		 struct error *error)
{
	int r = prefix_parse(text, ret);

	return r < 0 ? error_set(error, -EINVAL, "%s: \"%s\" %s", name, text,
				 prefix_parse_problem(r))
		     : 0;
}

int input_argument(const struct request *request, struct smtpfence_prefix *ret, struct error *error)
{
	return input_prefix("prefix", request->arguments[0], ret, error);
}

static int check_content_type(const struct request *request, struct error *error)
{
	static const char wanted[] = "application/json";
	const char *type = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
						       MHD_HTTP_HEADER_CONTENT_TYPE);
	size_t length = type ? strcspn(type, "; \t") : 0;

	if (length == strlen(wanted) && strncasecmp(type, wanted, length) == 0)
		return 0;
	return error_set(error, -EMEDIUMTYPE, "the body must be %s", wanted);
}

static int parse_body(struct request *request, struct error *error)
{
	int r = check_content_type(request, error);

	if (r < 0)
		return r;
	/* A NUL inside would hide what follows it. */
	if (strlen(request->body) == request->body_size)
		request->json = cJSON_ParseWithOpts(request->body, NULL, true);
	if (!cJSON_IsObject(request->json))
		return error_set(error, -EINVAL, "the body is not a JSON object");
	return 0;
}

static int read_text(const cJSON *item, const char **ret, struct error *error)
{
	if (!cJSON_IsString(item))
		return error_set(error, -EINVAL, "%s: must be a string", item->string);
	if (strlen(item->valuestring) >= SENTENCE_REASON_MAX)
		return error_set(error, -EINVAL, "%s: at most %d bytes", item->string,
				 SENTENCE_REASON_MAX - 1);
	text_make_printable(item->valuestring);
	*ret = item->valuestring;
	return 0;
}

static int read_bool(const cJSON *item, bool *ret, struct error *error)
{
	if (!cJSON_IsBool(item))
		return error_set(error, -EINVAL, "%s: must be true or false", item->string);
	*ret = cJSON_IsTrue(item);
	return 0;
}

static int read_seconds(const cJSON *item, uint64_t *ret, struct error *error)
{
	double number = item->valuedouble;

	if (!cJSON_IsNumber(item) || number < 0 || number > JSON_INTEGER_MAX ||
	    number != floor(number))
		return error_set(error, -EINVAL, "%s: must be a whole number of seconds",
				 item->string);
	*ret = (uint64_t)number;
	return 0;
}

static int read_prefix(const cJSON *item, struct smtpfence_prefix *ret, struct error *error)
{
	if (!cJSON_IsString(item))
		return error_set(error, -EINVAL, "%s: must be a string", item->string);
	return input_prefix(item->string, item->valuestring, ret, error);
}

static int read_field(const cJSON *item, const struct input_field *field, struct error *error)
{
	switch (field->type) {
	case INPUT_TEXT:
		return read_text(item, field->value, error);
	case INPUT_BOOL:
		return read_bool(item, field->value, error);
	case INPUT_NUMBER:
		return read_seconds(item, field->value, error);
	case INPUT_PREFIX:
		return read_prefix(item, field->value, error);
	}
	return -EINVAL;
}

static const struct input_field *find_field(const char *name, const struct input_field *fields,
					    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

static int read_item(const struct request *request, const cJSON *item,
		     const struct input_field *fields, size_t count, struct error *error)
{
	const struct input_field *field = find_field(item->string, fields, count);

	if (!field)
		return error_set(error, -EINVAL, "unknown field \"%s\"", item->string);
	if (cJSON_GetObjectItemCaseSensitive(request->json, item->string) != item)
		return error_set(error, -EINVAL, "%s: stands there twice", item->string);
	return read_field(item, field, error);
}

static int check_required(const struct request *request, const struct input_field *fields,
			  size_t count, struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (fields[i].required &&
		    !cJSON_GetObjectItemCaseSensitive(request->json, fields[i].name))
			return error_set(error, -EINVAL, "%s: missing", fields[i].name);
	}
	return 0;
}

int input_body(struct request *request, const struct input_field *fields, size_t count,
	       struct error *error)
{
	const cJSON *item;
	int r = request->body_size > 0 ? parse_body(request, error) : 0;

	if (r < 0)
		return r;
	cJSON_ArrayForEach (item, request->json) {
		r = read_item(request, item, fields, count, error);
		if (r < 0)
			return r;
	}
	return check_required(request, fields, count, error);
}
