/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "api/blocks.h"
#include "api/handlers.h"
#include "api/input.h"
#include "api/page.h"
#include "api/reply.h"
#include "base/prefix.h"
#include "base/value.h"

static cJSON *sources_json(const struct ledger_row *row)
{
	const char *sources[LEDGER_SOURCES_MAX];

	for (size_t i = 0; i < row->source_count; i++)
		sources[i] = row->sources[i];
	return cJSON_CreateStringArray(sources, (int)row->source_count);
}

static bool fill_sentence(cJSON *object, const struct ledger_row *row)
{
	const struct sentence *sentence = &row->sentence;
	bool known = row->has_sentence;

	return value_add(object, "score", value_number(known, sentence->score)) &&
	       value_add(object, "date", value_time(known ? sentence->date : 0)) &&
	       value_add(object, "time", value_number(known, (double)sentence->time)) &&
	       value_add(object, "remaining",
			 value_number(row->remaining > 0, (double)row->remaining)) &&
	       value_add(object, "offences", value_number(known, sentence->offences));
}

static bool fill_hits(cJSON *object, struct counters *counters,
		      const struct smtpfence_prefix *prefix)
{
	struct smtpfence_hits hits = {};
	bool known = counters_hits(counters, prefix, &hits) == 0;

	return value_add(object, "hit_packets", value_number(known, (double)hits.packets)) &&
	       value_add(object, "hit_bytes", value_number(known, (double)hits.bytes));
}

cJSON *blocks_row(const struct api *api, const struct ledger_row *row)
{
	const char *action = row->action == SMTPFENCE_ACTION_ALLOW ? "allow" : "drop";
	const char *reason = row->has_sentence ? row->sentence.reason : NULL;
	const char *state = sentence_state_name(row->state);
	cJSON *object = cJSON_CreateObject();

	return value_if(value_add(object, "prefix", value_prefix(&row->prefix)) &&
				value_add(object, "action", cJSON_CreateString(action)) &&
				value_add(object, "state", cJSON_CreateString(state)) &&
				fill_sentence(object, row) &&
				value_add(object, "sources", sources_json(row)) &&
				value_add(object, "reason", value_text(reason)) &&
				fill_hits(object, api->context.counters, &row->prefix),
			object);
}

#define PAGE_LIMIT 1000

struct block_rows {
	const struct api *api;
	struct page page;
	struct reply_array array;
};

static int add_row(const struct ledger_row *row, void *userdata)
{
	struct block_rows *rows = userdata;

	if (!page_add(&rows->page, &row->prefix))
		return 1;
	return reply_array_add(&rows->array, blocks_row(rows->api, row));
}

static int read_filter(const struct request *request, struct ledger_filter *filter,
		       struct smtpfence_prefix *in, struct error *error)
{
	const char *prefix = input_query(request, "in");
	int r = input_query_state(request, filter, error);

	if (r < 0 || !prefix)
		return r;
	filter->in = in;
	return input_prefix("in", prefix, in, error);
}

int blocks_list(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	struct block_rows rows = {.api = api, .page = {.limit = PAGE_LIMIT}};
	struct ledger_filter filter = {};
	struct smtpfence_prefix in;
	int r = read_filter(request, &filter, &in, error);

	if (r >= 0)
		r = page_read(request, &rows.page, error);
	if (r >= 0)
		r = reply_array_open(&rows.array, error);
	filter.after = rows.page.has_after ? &rows.page.after : NULL;
	if (r >= 0)
		r = ledger_each(api->context.ledger, &filter, add_row, &rows, error);
	if (r >= 0)
		r = page_finish(&rows.page, request, reply, error);
	if (r >= 0)
		r = reply_array_finish(&rows.array, reply, error);
	reply_array_clear(&rows.array);
	return r;
}

/* The row of a prefix that was just changed. */
static int reply_row(struct api *api, const struct smtpfence_prefix *prefix, struct reply *reply,
		     struct error *error)
{
	struct ledger_row row;
	int r = ledger_show(api->context.ledger, prefix, &row, error);

	return r < 0 ? r : reply_json(reply, blocks_row(api, &row), error);
}

int blocks_add(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	const struct ledger_actor actor = {.uid = request->uid};
	struct ledger_block_request block = {};
	struct sentence sentence;
	const struct input_field fields[] = {
		{"prefix", INPUT_PREFIX, true, &block.prefix},
		{"time", INPUT_NUMBER, false, &block.time},
		{"reason", INPUT_TEXT, false, &block.reason},
		{"force", INPUT_BOOL, false, &block.force},
	};
	int r = input_body(request, fields, ARRAY_SIZE(fields), error);

	if (r >= 0)
		r = ledger_block(api->context.ledger, &block, &actor, &sentence, error);
	return r < 0 ? r : reply_row(api, &sentence.prefix, reply, error);
}

int blocks_unblock(struct api *api, struct request *request, struct reply *reply,
		   struct error *error)
{
	const struct ledger_actor actor = {.uid = request->uid};
	struct ledger_unblock_request unblock = {};
	struct sentence sentence;
	const struct input_field fields[] = {
		{"force", INPUT_BOOL, false, &unblock.force},
		{"forgive", INPUT_BOOL, false, &unblock.forgive},
	};
	int r = input_argument(request, &unblock.prefix, error);

	if (r >= 0)
		r = input_body(request, fields, ARRAY_SIZE(fields), error);
	if (r >= 0)
		r = ledger_unblock(api->context.ledger, &unblock, &actor, &sentence, error);
	return r < 0 ? r : reply_row(api, &sentence.prefix, reply, error);
}
