/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls of OVHcloud's anti-spam API, with its names and types. */
#include <errno.h>

#include "api/handlers.h"
#include "api/input.h"
#include "api/page.h"
#include "api/reply.h"
#include "api/spam.h"
#include "base/clock.h"
#include "base/value.h"
#include "policy/policy.h"

/* The widest unit of a sentence for IPv6. */
#define IPV6_UNIT_BITS 64

bool spam_is_source(const struct smtpfence_prefix *prefix)
{
	return prefix_is_single(prefix) ||
	       (!prefix_is_ipv4(prefix) && prefix->length >= IPV6_UNIT_BITS);
}

const char *spam_source_format(const struct smtpfence_prefix *source, char text[PREFIX_TEXT_MAX])
{
	struct smtpfence_prefix first = *source;

	first.length = 128;
	return prefix_format_short(&first, text);
}

static cJSON *source_json(const struct smtpfence_prefix *source)
{
	char text[PREFIX_TEXT_MAX];

	return cJSON_CreateString(spam_source_format(source, text));
}

/* OVHcloud's own example has bits set behind the length: 122.122.122.121/28. */
static int read_block(const struct request *request, struct smtpfence_prefix *ret,
		      struct error *error)
{
	const char *text = request->arguments[0];
	int r = prefix_parse_around(text, ret);

	return r < 0 ? error_set(error, -EINVAL, "block: \"%s\" %s", text, prefix_parse_problem(r))
		     : 0;
}

static int read_address(const struct request *request, struct smtpfence_prefix *ret,
			struct error *error)
{
	struct smtpfence_prefix block;
	char ip[PREFIX_TEXT_MAX], around[PREFIX_TEXT_MAX];
	int r = read_block(request, &block, error);

	if (r >= 0)
		r = input_prefix("ip", request->arguments[1], ret, error);
	if (r < 0)
		return r;
	if (!spam_is_source(ret))
		return error_set(error, -EINVAL, "ip: \"%s\" is not one address",
				 request->arguments[1]);
	if (!prefix_contains(&block, ret))
		return error_set(error, -ENOENT, "%s is not in %s", prefix_format_short(ret, ip),
				 prefix_format_short(&block, around));
	return 0;
}

int spam_find(const struct api *api, const struct request *request, struct ledger_row *ret,
	      struct error *error)
{
	struct smtpfence_prefix ip;
	char text[PREFIX_TEXT_MAX];
	int r = read_address(request, &ip, error);

	if (r < 0)
		return r;
	r = ledger_show(api->context.ledger, &ip, ret, error);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r < 0 || !ret->has_sentence)
		return error_set(error, -ENOENT, "%s has never been blocked for spam",
				 prefix_format_short(&ip, text));
	return 0;
}

static cJSON *spam_json(const struct ledger_row *row)
{
	const char *state = sentence_state_name(row->state);
	cJSON *object = cJSON_CreateObject();
	char date[TIME_TEXT_MAX];

	time_format_local(row->sentence.date, date);
	return value_if(value_add(object, "time", cJSON_CreateNumber((double)row->sentence.time)) &&
				value_add(object, "date", cJSON_CreateString(date)) &&
				value_add(object, "ipSpamming", source_json(&row->prefix)) &&
				value_add(object, "state", cJSON_CreateString(state)),
			object);
}

int spam_get(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	struct ledger_row row;
	int r = spam_find(api, request, &row, error);

	return r < 0 ? r : reply_json(reply, spam_json(&row), error);
}

/* Such a list has no pages at OVHcloud's: one has to be very long to be cut. */
#define PAGE_LIMIT PAGE_LIMIT_MAX

struct sources {
	struct page page;
	struct reply_array array;
};

static int add_source(const struct ledger_row *row, void *userdata)
{
	struct sources *sources = userdata;

	if (!spam_is_source(&row->prefix))
		return 0;
	if (!page_add(&sources->page, &row->prefix))
		return 1;
	return reply_array_add(&sources->array, source_json(&row->prefix));
}

static int read_filter(const struct api *api, const struct request *request, struct page *page,
		       struct ledger_filter *filter, struct smtpfence_prefix *block,
		       struct error *error)
{
	int r = read_block(request, block, error);

	if (r < 0)
		return r;
	/* A block inside of a unit shares the unit's fate. */
	*block = policy_unit(&api->context.config->policy, block);
	r = page_read(request, page, error);
	*filter = (struct ledger_filter){
		.sentenced = true,
		.in = block,
		.after = page->has_after ? &page->after : NULL,
	};
	return r < 0 ? r : input_query_state(request, filter, error);
}

int spam_list(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	struct sources sources = {.page = {.limit = PAGE_LIMIT}};
	struct smtpfence_prefix block;
	struct ledger_filter filter;
	int r = read_filter(api, request, &sources.page, &filter, &block, error);

	if (r >= 0)
		r = reply_array_open(&sources.array, error);
	if (r >= 0)
		r = ledger_each(api->context.ledger, &filter, add_source, &sources, error);
	if (r >= 0)
		r = page_finish(&sources.page, request, reply, error);
	if (r >= 0)
		r = reply_array_finish(&sources.array, reply, error);
	reply_array_clear(&sources.array);
	return r;
}

/* Once more for who is free already, or about to be, is no error: the first answer may be lost. */
int spam_unblock(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	const struct ledger_actor actor = {.uid = request->uid};
	struct ledger_unblock_request unblock = {};
	struct ledger_row row;
	int r = spam_find(api, request, &row, error);

	if (r >= 0)
		r = input_body(request, NULL, 0, error);
	if (r >= 0 && row.state != SENTENCE_UNBLOCKED) {
		unblock.prefix = row.prefix;
		r = ledger_unblock(api->context.ledger, &unblock, &actor, NULL, error);
	}
	return r < 0 ? r : spam_get(api, request, reply, error);
}
