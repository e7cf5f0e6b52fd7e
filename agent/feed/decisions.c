/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/decisions.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/prefix.h"
#include "feed/elements.h"
#include "feed/go_duration.h"
#include "feed/json.h"

#define MEMBER_BEGUN "new"
#define MEMBER_ENDED "deleted"

#define SCOPE_BITS 2 /* of enum decision_scope */

struct reading {
	const struct decision_filter *filter;
	int64_t now;
	struct decisions *decisions;
};

static const struct scope {
	const char *name;
	enum decision_scope scope;
	/* A range may be named by any address in it: "192.0.2.7/24". */
	int (*parse)(const char *text, struct smtpfence_prefix *ret);
} scopes[] = {
	{"Ip", DECISION_IP, prefix_parse},
	{"Range", DECISION_RANGE, prefix_parse_around},
};

static const struct scope *find_scope(const struct decision_filter *filter, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++)
		if (filter->scopes & scopes[i].scope && strcasecmp(scopes[i].name, name) == 0)
			return &scopes[i];
	return NULL;
}

/* The type's place in the filter, or -1. */
static ssize_t find_type(const struct decision_filter *filter, const char *name)
{
	for (size_t i = 0; i < filter->type_count; i++)
		if (strcasecmp(filter->types[i], name) == 0)
			return (ssize_t)i;
	return -1;
}

static int require_string(const cJSON *object, const char *name, const char **ret,
			  struct error *error)
{
	return json_require(json_string(object, name, ret, error), name, error);
}

/* Reads what tells decisions apart. 1: it is for us; 0: it is not, and counted in @others. */
static int take_identity(const struct decision_filter *filter, const cJSON *object,
			 struct decision *ret, struct decision_others *others, struct error *error)
{
	const char *value = NULL, *scope_name = NULL, *type_name = NULL;
	const struct scope *scope;
	ssize_t type;
	int r = require_string(object, "scope", &scope_name, error);

	if (r >= 0)
		r = require_string(object, "type", &type_name, error);
	if (r >= 0)
		r = require_string(object, "value", &value, error);
	if (r < 0)
		return r;
	scope = find_scope(filter, scope_name);
	type = find_type(filter, type_name);
	if (!scope)
		others->scopes++;
	else if (type < 0)
		others->types++;
	if (!scope || type < 0)
		return 0;
	r = scope->parse(value, &ret->prefix);
	if (r < 0)
		return error_set(error, -EBADMSG, "\"value\": \"%.60s\" %s", value,
				 prefix_parse_problem(r));
	ret->kind = ((uint32_t)type << SCOPE_BITS) | scope->scope;
	return 1;
}

/* 0 where nothing is left. */
static int take_deadline(const cJSON *object, int64_t now, int64_t *ret, struct error *error)
{
	const char *text = NULL;
	int64_t left;
	int r = require_string(object, "duration", &text, error);

	if (r < 0)
		return r;
	if (go_duration_parse(text, &left) < 0)
		return error_set(error, -EBADMSG,
				 "\"duration\": \"%.60s\" is not a length of time like 3h59m12.34s",
				 text);
	*ret = left > 0 ? now + (int64_t)(((uint64_t)left - 1) / NSEC_PER_SEC) + 1 : 0;
	return 0;
}

static int add(struct decision **items, size_t *count, const struct decision *decision,
	       struct error *error)
{
	struct decision *grown = array_grow(*items, *count, sizeof(**items));

	if (!grown)
		return error_set(error, -ENOMEM, "out of memory");
	*items = grown;
	grown[(*count)++] = *decision;
	return 0;
}

/* What is simulated is meant to be looked at, not to block. */
static int take_begun(const struct reading *reading, const cJSON *object, struct error *error)
{
	struct decisions *decisions = reading->decisions;
	struct decision decision = {0};
	int r;

	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "simulated"))) {
		decisions->others.simulated++;
		return 0;
	}
	r = take_identity(reading->filter, object, &decision, &decisions->others, error);
	if (r <= 0)
		return r;
	r = take_deadline(object, reading->now, &decision.until, error);
	if (r < 0)
		return r;
	if (decision.until == 0)
		return add(&decisions->ended, &decisions->ended_count, &decision, error);
	return add(&decisions->begun, &decisions->begun_count, &decision, error);
}

static int take_ended(const struct reading *reading, const cJSON *object, struct error *error)
{
	struct decisions *decisions = reading->decisions;
	struct decision_others others = {0};
	struct decision decision = {0};
	int r = take_identity(reading->filter, object, &decision, &others, error);

	return r <= 0 ? r : add(&decisions->ended, &decisions->ended_count, &decision, error);
}

static int take_element(const char *member, const cJSON *element, void *userdata,
			struct error *error)
{
	if (strcmp(member, MEMBER_BEGUN) == 0)
		return take_begun(userdata, element, error);
	return take_ended(userdata, element, error);
}

int decision_compare(const struct decision *a, const struct decision *b)
{
	int r = prefix_compare(&a->prefix, &b->prefix);

	return r ? r : (a->kind > b->kind) - (a->kind < b->kind);
}

/* The one that lasts longest stands first. */
static int compare(const void *a, const void *b)
{
	const struct decision *first = a, *second = b;
	int r = decision_compare(first, second);

	return r ? r : (first->until < second->until) - (first->until > second->until);
}

static size_t sort_and_deduplicate(struct decision *items, size_t count)
{
	size_t kept = 0;

	if (count == 0)
		return 0;
	qsort(items, count, sizeof(*items), compare);
	for (size_t i = 1; i < count; i++)
		if (decision_compare(&items[kept], &items[i]) != 0)
			items[++kept] = items[i];
	return kept + 1;
}

int decisions_read(FILE *stream, const char *name, const struct decision_filter *filter,
		   int64_t now, struct decisions **ret, struct error *error)
{
	static const char *const members[] = {MEMBER_BEGUN, MEMBER_ENDED, NULL};
	_cleanup_(decisions_freep) struct decisions *decisions = calloc(1, sizeof(*decisions));
	struct reading reading = {.filter = filter, .now = now, .decisions = decisions};
	int r;

	if (!decisions)
		return error_set(error, -ENOMEM, "%s: out of memory", name);
	r = elements_read(stream, name, members, take_element, &reading, error);
	if (r < 0)
		return r;
	/* A page for people, or an error that came with the wrong status. */
	if (r == 0)
		return error_set(error, -EBADMSG,
				 "%s: neither \"new\" nor \"deleted\" is there: these are no "
				 "decisions",
				 name);
	decisions->begun_count = sort_and_deduplicate(decisions->begun, decisions->begun_count);
	decisions->ended_count = sort_and_deduplicate(decisions->ended, decisions->ended_count);
	*ret = STEAL(decisions);
	return 0;
}

void decisions_free(struct decisions *decisions)
{
	if (!decisions)
		return;
	free(decisions->begun);
	free(decisions->ended);
	free(decisions);
}
