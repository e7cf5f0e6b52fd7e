/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "api/clients.h"
#include "api/events.h"
#include "api/handlers.h"
#include "api/input.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/prefix.h"
#include "base/value.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000

/* Somebody who waits is not yet slow. */
#define WAIT_MAX 20 /* s */
_Static_assert(WAIT_MAX < CLIENT_PATIENCE_SEC, "whoever waits is sent away");

#define EVIDENCE_OF_EVENT 5
#define EVENTS_OF_PREFIX  20

/*
 * Events are gathered first, and told afterwards: telling them asks the store for their evidence,
 * which must not happen in the middle of its own walk.
 */
struct gathering {
	struct audit *items; /* oldest first */
	size_t count;
};

static int gather(const struct audit *audit, void *userdata)
{
	struct gathering *gathering = userdata;

	gathering->items[gathering->count++] = *audit;
	return 0;
}

static int add_evidence(const struct evidence *evidence, const char *source, void *userdata)
{
	cJSON *array = userdata, *row = cJSON_CreateObject();
	char text[PREFIX_TEXT_MAX] = "";

	if (evidence->destination.length > 0)
		prefix_format_short(&evidence->destination, text);
	row = value_if(value_add(row, "date", value_time(evidence->date)) &&
			       value_add(row, "destination", value_text(text)) &&
			       value_add(row, "message_id", value_text(evidence->message_id)) &&
			       value_add(row, "spam_score",
					 cJSON_CreateNumber((double)evidence->spam_score)) &&
			       value_add(row, "source", value_text(source)),
		       row);
	return value_append(array, row) ? 0 : -ENOMEM;
}

cJSON *events_evidence(struct store *store, const struct smtpfence_prefix *prefix, size_t limit,
		       struct error *error)
{
	cJSON *array = cJSON_CreateArray();
	int r = store_each_evidence(store, prefix, limit, add_evidence, array, error);

	return value_if(r >= 0, array);
}

static cJSON *evidence_of_event(struct store *store, const struct audit *audit, struct error *error)
{
	bool has_evidence = audit->has_prefix && (strcmp(audit->event, "blocked") == 0 ||
						  strcmp(audit->event, "evidence") == 0);

	return has_evidence ? events_evidence(store, &audit->prefix, EVIDENCE_OF_EVENT, error)
			    : cJSON_CreateArray();
}

static cJSON *event_json(struct store *store, const struct audit *audit, struct error *error)
{
	cJSON *row = cJSON_CreateObject();
	bool complete =
		value_add(row, "id", cJSON_CreateNumber((double)audit->id)) &&
		value_add(row, "ts", value_time(audit->ts)) &&
		value_add(row, "event", cJSON_CreateString(audit->event)) &&
		value_add(row, "prefix",
			  audit->has_prefix ? value_prefix(&audit->prefix) : cJSON_CreateNull()) &&
		value_add(row, "state", value_text(audit->state)) &&
		value_add(row, "time", value_number(audit->time != 0, (double)audit->time)) &&
		value_add(row, "source", value_text(audit->source)) &&
		value_add(row, "reason", value_text(audit->reason)) &&
		value_add(row, "interface", value_text(audit->interface)) &&
		value_add(row, "evidence", evidence_of_event(store, audit, error));

	return value_if(complete, row);
}

static cJSON *tell(struct store *store, const struct gathering *gathering, struct error *error)
{
	cJSON *array = cJSON_CreateArray();
	bool complete = true;

	for (size_t i = 0; complete && i < gathering->count; i++)
		complete = value_append(array, event_json(store, &gathering->items[i], error));
	return value_if(complete, array);
}

/* The last @limit events, or the first after an id. */
static cJSON *list_events(struct store *store, int64_t after, size_t limit, struct error *error)
{
	_cleanup_free_ struct audit *items = calloc(limit, sizeof(*items));
	struct gathering gathering = {.items = items};
	int r;

	if (!items)
		return NULL;
	r = store_each_audit(store, after, limit, gather, &gathering, error);
	return r < 0 ? NULL : tell(store, &gathering, error);
}

cJSON *events_of_prefix(struct store *store, const struct smtpfence_prefix *prefix,
			struct error *error)
{
	struct audit items[EVENTS_OF_PREFIX];
	struct gathering gathering = {.items = items};
	int r = store_each_audit_of(store, prefix, EVENTS_OF_PREFIX, gather, &gathering, error);

	return r < 0 ? NULL : tell(store, &gathering, error);
}

/*
 * Whoever has heard of an event that there never was knows another store: that this one has nothing
 * new would be true for a long time.
 */
static int check_after(struct store *store, int64_t after, struct error *error)
{
	int64_t newest;
	int r = store_newest_audit(store, &newest, error);

	if (r < 0 || after <= newest)
		return r;
	return error_set(error, -EBUSY,
			 "after: there is no event %" PRId64 ", the newest is %" PRId64, after,
			 newest);
}

static bool goes_on_waiting(struct request *request, int64_t wait)
{
	uint64_t now = clock_boot_ns();

	if (request->wait_until == 0)
		request->wait_until = now + (uint64_t)wait * NSEC_PER_SEC;
	return now < request->wait_until;
}

int events_get(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	int64_t after = -1, limit = LIMIT_DEFAULT, wait = 0;
	_cleanup_(cJSON_Deletep) cJSON *events = NULL;
	int r = input_query_number(request, "after", 0, INT64_MAX, &after, error);

	if (r >= 0)
		r = input_query_number(request, "limit", 1, LIMIT_MAX, &limit, error);
	if (r >= 0)
		r = input_query_number(request, "wait", 0, WAIT_MAX, &wait, error);
	if (r >= 0)
		r = check_after(api->context.store, after, error);
	if (r < 0)
		return r;
	events = list_events(api->context.store, after, (size_t)limit, error);
	if (!events)
		return -EIO;
	if (cJSON_GetArraySize(events) == 0 && goes_on_waiting(request, wait))
		return HANDLER_WAITS;
	return reply_json(reply, STEAL(events), error);
}
