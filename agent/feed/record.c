/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/record.h"

#include <errno.h>
#include <string.h>

#include "base/prefix.h"
#include "feed/json.h"

/* As json_string, into memory of the caller's own. */
static int copy_string(const cJSON *object, const char *name, struct arena *arena, const char **ret,
		       struct error *error)
{
	const char *text = NULL;
	int r = json_string(object, name, &text, error);

	if (r <= 0)
		return r;
	*ret = arena_copy(arena, text);
	return *ret ? 1 : error_set(error, -ENOMEM, "out of memory");
}

static int parse_prefix(const cJSON *object, const char *name, struct smtpfence_prefix *ret,
			struct error *error)
{
	const char *text = NULL;
	int r, problem;

	r = json_string(object, name, &text, error);
	if (r <= 0)
		return r;
	problem = prefix_parse(text, ret);
	if (problem < 0)
		return error_set(error, -EBADMSG, "\"%s\": \"%.60s\" %s", name, text,
				 prefix_parse_problem(problem));
	return 1;
}

static int parse_destination(const cJSON *object, struct smtpfence_prefix *ret, struct error *error)
{
	int r = parse_prefix(object, "destinationIp", ret, error);

	if (r > 0 && !prefix_is_single(ret))
		return error_set(error, -EBADMSG, "\"destinationIp\" must be one address");
	return r;
}

static int parse_evidence(const cJSON *object, struct arena *arena, struct evidence *ret,
			  struct error *error)
{
	int r;

	if (!cJSON_IsObject(object))
		return error_set(error, -EBADMSG, "must be an object");
	r = json_integer(object, "date", 0, JSON_INTEGER_MAX, &ret->date, error);
	if (r < 0)
		return r;
	r = parse_destination(object, &ret->destination, error);
	if (r < 0)
		return r;
	r = json_integer(object, "spamscore", -JSON_INTEGER_MAX, JSON_INTEGER_MAX, &ret->spam_score,
			 error);
	if (r < 0)
		return r;
	return copy_string(object, "messageId", arena, &ret->message_id, error);
}

static int parse_evidence_items(const cJSON *array, struct arena *arena, struct incident *incident,
				struct error *error)
{
	int count = cJSON_GetArraySize(array);
	const cJSON *item;

	if (count > RECORD_EVIDENCE_MAX)
		return error_set(error, -EBADMSG, "\"evidence\" has %d items, more than %d", count,
				 RECORD_EVIDENCE_MAX);
	if (count == 0)
		return 0;
	incident->evidence = arena_get(arena, (size_t)count * sizeof(*incident->evidence));
	if (!incident->evidence)
		return error_set(error, -ENOMEM, "out of memory");
	cJSON_ArrayForEach (item, array) {
		int r = parse_evidence(item, arena, &incident->evidence[incident->evidence_count++],
				       error);
		if (r < 0)
			return error_prefix(error, r, "item %zu of \"evidence\"",
					    incident->evidence_count);
	}
	return 0;
}

static int parse_score(const cJSON *object, struct incident *incident, struct error *error)
{
	int64_t score;
	int r;

	r = json_require(json_integer(object, "score", 0, UINT32_MAX, &score, error), "score",
			 error);
	if (r < 0)
		return r;
	incident->score = (uint32_t)score;
	r = json_time(object, "detected", &incident->detected, error);
	if (r == 0 && score > 0)
		return error_set(error, -EBADMSG,
				 "\"detected\" is missing: only a score of 0 goes without it");
	return r;
}

int record_parse(const cJSON *object, struct arena *arena, struct incident *incident,
		 struct error *error)
{
	const cJSON *evidence = NULL;
	int r;

	*incident = (struct incident){0};
	r = json_require(parse_prefix(object, "ip", &incident->prefix, error), "ip", error);
	if (r < 0)
		return r;
	r = parse_score(object, incident, error);
	if (r < 0)
		return r;
	r = copy_string(object, "reason", arena, &incident->reason, error);
	if (r < 0)
		return r;
	r = json_array(object, "evidence", &evidence, error);
	if (r <= 0)
		return r;
	return parse_evidence_items(evidence, arena, incident, error);
}
