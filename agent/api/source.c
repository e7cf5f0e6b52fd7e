/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One source on one page: what the ledger holds of it, what feeds told, what the kernel has seen.
 */
#include <errno.h>
#include <string.h>

#include "api/blocks.h"
#include "api/events.h"
#include "api/handlers.h"
#include "api/input.h"
#include "api/reply.h"
#include "base/prefix.h"
#include "base/value.h"
#include "ledger/event.h"
#include "policy/policy.h"

struct source {
	struct ledger_row row;	   /* of itself, or of its unit */
	bool decided;		   /* its mail is somebody's decision: */
	struct ledger_row decider; /* its own, or of something wider */
	cJSON *counters;	   /* owned */
};

static void source_clear(struct source *source)
{
	cJSON_Delete(source->counters);
}

/* IPv6 is counted per /64, which a block of one address lies in. */
static bool concerns(const struct smtpfence_prefix *block, const struct smtpfence_prefix *source)
{
	return prefix_contains(block, source) || prefix_contains(source, block);
}

static cJSON *counters_inside(struct counters *counters, const struct smtpfence_prefix *prefix,
			      struct error *error)
{
	_cleanup_free_ struct counters_source *sources = NULL;
	cJSON *array = cJSON_CreateArray();
	bool complete = true;
	size_t count = 0;
	int r = counters_sources(counters, &sources, &count, error);

	for (size_t i = 0; complete && i < count; i++) {
		if (concerns(prefix, &sources[i].key.source))
			complete = value_append(array, counters_source_json(&sources[i]));
	}
	return value_if(r >= 0 && complete, array);
}

/* 0: nothing is known of it itself, 1: there is a row. */
static int find_row(const struct api_context *context, const struct smtpfence_prefix *prefix,
		    struct source *source, struct error *error)
{
	int r = ledger_show(context->ledger, prefix, &source->row, error);

	if (r != -ENOENT)
		return r < 0 ? r : 1;
	source->row = (struct ledger_row){.prefix = policy_unit(&context->config->policy, prefix),
					  .action = source->decided ? source->decider.action
								    : SMTPFENCE_ACTION_DROP};
	return 0;
}

static int find_decider(const struct api_context *context, const struct smtpfence_prefix *prefix,
			struct source *source, struct error *error)
{
	int r = ledger_decides(context->ledger, prefix, &source->decider, error);

	source->decided = r >= 0;
	return r == -ENOENT ? 0 : r;
}

static int find_source(const struct api_context *context, const struct smtpfence_prefix *prefix,
		       struct source *source, struct error *error)
{
	char text[PREFIX_TEXT_MAX];
	int r = find_decider(context, prefix, source, error);

	if (r >= 0)
		r = find_row(context, prefix, source, error);
	if (r < 0)
		return r;
	source->counters = counters_inside(context->counters, &source->row.prefix, error);
	if (!source->counters)
		return -EIO;
	if (r == 0 && !source->decided && !source->counters->child)
		return error_set(error, -ENOENT, "%s: nothing is known of it",
				 prefix_format(prefix, text));
	return 0;
}

/* What the next offence would cost. */
static uint64_t next_time(const struct config_policy *policy, const struct ledger_row *row)
{
	return policy_time(policy, row->has_sentence
					   ? policy_offences(policy, &row->sentence, clock_wall())
					   : 0);
}

static const char *release_of(const struct ledger_row *row)
{
	if (!row->has_sentence || row->sentence.state == SENTENCE_UNBLOCKED)
		return NULL;
	return row->sentence.deadline ? "automatic" : "on-request";
}

/* What else has to be known of it than its row says. */
static bool fill_verdict(cJSON *object, const struct api *api, const struct source *source)
{
	const struct ledger_row *row = &source->row, *decider = &source->decider;
	bool drop = source->decided && decider->action == SMTPFENCE_ACTION_DROP &&
		    decider->state == SENTENCE_BLOCKED &&
		    fence_mode(api->context.fence) == SMTPFENCE_MODE_ENFORCE;
	bool covered = source->decided && prefix_compare(&row->prefix, &decider->prefix) != 0;
	uint64_t next = next_time(&api->context.config->policy, row);

	return value_add(object, "verdict", cJSON_CreateString(drop ? "drop" : "pass")) &&
	       value_add(object, "covered_by",
			 covered ? blocks_row(api, decider) : cJSON_CreateNull()) &&
	       value_add(object, "release", value_text(release_of(row))) &&
	       value_add(object, "next_time", cJSON_CreateNumber((double)next));
}

static bool fill_attempts(cJSON *object, struct counters *counters, const struct ledger_row *row)
{
	struct smtpfence_hits hits = {};
	bool known = counters_hits(counters, &row->prefix, &hits) == 0;

	return value_add(object, "hit_attempts", value_number(known, (double)hits.attempts));
}

static cJSON *source_json(const struct api *api, struct source *source, struct error *error)
{
	const struct api_context *context = &api->context;
	const struct ledger_row *row = &source->row;
	cJSON *object = blocks_row(api, row);

	return value_if(fill_attempts(object, context->counters, row) &&
				fill_verdict(object, api, source) &&
				value_add(object, "evidence",
					  event_evidence(context->store, &row->prefix, 0, error)) &&
				value_add(object, "events",
					  events_of_prefix(context->store, &row->prefix, error)) &&
				value_add(object, "counters", STEAL(source->counters)),
			object);
}

int blocks_get(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	_cleanup_(source_clear) struct source source = {};
	struct smtpfence_prefix prefix;
	cJSON *object;
	int r = input_argument(request, &prefix, error);

	if (r >= 0)
		r = find_source(&api->context, &prefix, &source, error);
	if (r < 0)
		return r;
	object = source_json(api, &source, error);
	return object ? reply_json(reply, object, error) : -EIO;
}
