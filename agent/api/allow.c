/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The allowlist: what the configuration says, and what was added by hand. */
#include "api/handlers.h"
#include "api/input.h"
#include "api/reply.h"
#include "base/prefix.h"
#include "base/value.h"

static cJSON *allow_json(const struct smtpfence_prefix *prefix, const char *origin, int64_t added,
			 const char *reason)
{
	cJSON *row = cJSON_CreateObject();

	return value_if(value_add(row, "prefix", value_prefix(prefix)) &&
				value_add(row, "origin", cJSON_CreateString(origin)) &&
				value_add(row, "added", value_time(added)) &&
				value_add(row, "reason", value_text(reason)),
			row);
}

static int add_manual(const struct smtpfence_prefix *prefix, int64_t added, const char *reason,
		      void *userdata)
{
	return reply_array_add(userdata, allow_json(prefix, "manual", added, reason));
}

static int add_configured(const struct config_prefixes *allow, struct reply_array *array)
{
	for (size_t i = 0; i < allow->count; i++) {
		int r = reply_array_add(array, allow_json(&allow->items[i], "config", 0, NULL));

		if (r < 0)
			return r;
	}
	return 0;
}

int allow_list(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	_cleanup_(reply_array_clear) struct reply_array array = {};
	int r = reply_array_open(&array, error);

	(void)request;
	if (r >= 0)
		r = add_configured(&api->context.config->policy.allow, &array);
	if (r >= 0)
		r = store_each_allow(api->context.store, add_manual, &array, error);
	return r < 0 ? r : reply_array_finish(&array, reply, error);
}

struct search {
	const struct smtpfence_prefix *prefix;
	cJSON *row;
};

static int find_manual(const struct smtpfence_prefix *prefix, int64_t added, const char *reason,
		       void *userdata)
{
	struct search *search = userdata;

	if (prefix_compare(prefix, search->prefix) != 0)
		return 0;
	search->row = allow_json(prefix, "manual", added, reason);
	return 1;
}

/* As the list would show it. */
static int reply_row(struct api *api, const struct smtpfence_prefix *prefix, struct reply *reply,
		     struct error *error)
{
	struct search search = {.prefix = prefix};
	int r = store_each_allow(api->context.store, find_manual, &search, error);

	return r < 0 ? r : reply_json(reply, search.row, error);
}

int allow_add(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	const struct ledger_actor actor = {.uid = request->uid};
	struct smtpfence_prefix prefix;
	const char *reason = NULL;
	const struct input_field fields[] = {
		{"prefix", INPUT_PREFIX, true, &prefix},
		{"reason", INPUT_TEXT, false, &reason},
	};
	int r = input_body(request, fields, ARRAY_SIZE(fields), error);

	if (r >= 0)
		r = ledger_allow_add(api->context.ledger, &prefix, reason, &actor, error);
	return r < 0 ? r : reply_row(api, &prefix, reply, error);
}

int allow_remove(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	const struct ledger_actor actor = {.uid = request->uid};
	struct smtpfence_prefix prefix;
	int r = input_argument(request, &prefix, error);

	if (r >= 0)
		r = ledger_allow_remove(api->context.ledger, &prefix, &actor, error);
	return r < 0 ? r : reply_json(reply, cJSON_CreateObject(), error);
}
