/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/outbox.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/value.h"
#include "ledger/event.h"

#define ORIGIN_SETTING "origin"
#define ORIGIN_SIZE    16
#define ORIGIN_MAX     (2 * ORIGIN_SIZE + 1)

struct outbox {
	struct store *store;
	char origin[ORIGIN_MAX];
	char host[HOST_NAME_MAX + 1];
};

static int take_one(const struct audit *audit, void *userdata)
{
	*(struct audit *)userdata = *audit;
	return 1;
}

/* A receiver may hear from many hosts. */
static int make_event(const struct outbox *outbox, const struct audit *audit,
		      struct notify_event *ret, struct error *error)
{
	cJSON *json = event_json(outbox->store, audit, error);

	if (json && !value_add(json, "host", cJSON_CreateString(outbox->host)))
		cJSON_Delete(STEAL(json));
	if (!json)
		return error_set(error, -EIO, "event %lld cannot be read", (long long)audit->id);
	*ret = (struct notify_event){.id = audit->id, .json = json};
	return 1;
}

static int next(void *userdata, int64_t after, struct notify_event *ret, struct error *error)
{
	const struct outbox *outbox = userdata;
	struct audit audit;
	int r = store_each_audit(outbox->store, after, 1, take_one, &audit, error);

	return r <= 0 ? r : make_event(outbox, &audit, ret, error);
}

static int newest(void *userdata, int64_t *ret, struct error *error)
{
	const struct outbox *outbox = userdata;

	return store_newest_audit(outbox->store, ret, error);
}

static int get(void *userdata, const char *receiver, int64_t *ret, struct error *error)
{
	const struct outbox *outbox = userdata;

	return store_get_receiver(outbox->store, receiver, ret, error);
}

static int put(void *userdata, const char *receiver, int64_t id, struct error *error)
{
	const struct outbox *outbox = userdata;

	return store_put_receiver(outbox->store, receiver, id, error);
}

static int keep(void *userdata, const char *const *receivers, size_t count, struct error *error)
{
	const struct outbox *outbox = userdata;

	return store_keep_receivers(outbox->store, receivers, count, error);
}

/* A store that is replaced begins with the same ids anew: this tells them apart. */
static int make_origin(struct outbox *outbox, struct error *error)
{
	unsigned char bytes[ORIGIN_SIZE];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return error_set(error, -EIO, "no random numbers: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(outbox->origin + 2 * i, 3, "%02x", bytes[i]);
	return store_put_setting(outbox->store, ORIGIN_SETTING, outbox->origin, error);
}

int outbox_new(struct store *store, struct outbox **ret, struct error *error)
{
	_cleanup_(outbox_freep) struct outbox *outbox = calloc(1, sizeof(*outbox));
	int r;

	if (!outbox)
		return error_set(error, -ENOMEM, "out of memory");
	outbox->store = store;
	gethostname(outbox->host, sizeof(outbox->host) - 1);
	r = store_get_setting(store, ORIGIN_SETTING, outbox->origin, sizeof(outbox->origin), error);
	if (r >= 0 && !outbox->origin[0])
		r = make_origin(outbox, error);
	if (r < 0)
		return r;
	*ret = STEAL(outbox);
	return 0;
}

void outbox_free(struct outbox *outbox)
{
	free(outbox);
}

struct notify_outbox outbox_for_notify(struct outbox *outbox)
{
	return (struct notify_outbox){
		.next = next,
		.newest = newest,
		.get = get,
		.put = put,
		.keep = keep,
		.origin = outbox->origin,
		.userdata = outbox,
	};
}
