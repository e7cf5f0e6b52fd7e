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
#include "base/value.h"
#include "ledger/event.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000

/* Somebody who waits is not yet slow. */
#define WAIT_MAX 20 /* s */
_Static_assert(WAIT_MAX < CLIENT_PATIENCE_SEC, "whoever waits is sent away");

#define EVENTS_OF_PREFIX 20

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
