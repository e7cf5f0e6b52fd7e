/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OVHcloud's statistics: one element a sentence, oldest first, `timestamp` being when it began.
 *
 * A mail is held against the first sentence that had not ended when the mail was sent: it was the
 * cause, or came during it. `total`, the mails sent, is something only the sender knows. The
 * kernel counts attempts to connect, and keeps no history of them: of the last sentence they are
 * the total, of earlier ones the mails that are known are.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "api/handlers.h"
#include "api/input.h"
#include "api/reply.h"
#include "api/spam.h"
#include "base/array.h"
#include "base/prefix.h"
#include "base/value.h"

struct period {
	int64_t begin, end; /* s since 1970; INT64_MAX: runs */
	size_t spams;
	double points;
	cJSON *detected;
};

struct periods {
	struct period *items;
	size_t count;
};

static void periods_clear(struct periods *periods)
{
	for (size_t i = 0; i < periods->count; i++)
		cJSON_Delete(periods->items[i].detected);
	free(periods->items);
}

static void end_last(struct periods *periods, int64_t end)
{
	struct period *last = periods->count ? &periods->items[periods->count - 1] : NULL;

	if (last && last->end == INT64_MAX)
		last->end = end;
}

static int begin_period(struct periods *periods, int64_t begin)
{
	struct period *items = array_grow(periods->items, periods->count, sizeof(*items));

	if (!items)
		return -ENOMEM;
	periods->items = items;
	end_last(periods, begin);
	items[periods->count++] =
		(struct period){.begin = begin, .end = INT64_MAX, .detected = cJSON_CreateArray()};
	return 0;
}

static int add_event(const struct audit *audit, void *userdata)
{
	struct periods *periods = userdata;

	if (strcmp(audit->event, "blocked") == 0)
		return begin_period(periods, audit->ts);
	if (strcmp(audit->event, "unblocking") == 0)
		end_last(periods, audit->ts);
	return 0;
}

/* The audit trail forgets; the sentence itself is always known. */
static int add_periods(struct store *store, const struct sentence *sentence,
		       struct periods *periods, struct error *error)
{
	int r = store_each_audit_of(store, &sentence->prefix, 0, add_event, periods, error);

	if (r >= 0 &&
	    (periods->count == 0 || periods->items[periods->count - 1].begin < sentence->date))
		r = begin_period(periods, sentence->date);
	return r;
}

static struct period *find_period(const struct periods *periods, int64_t date)
{
	size_t i = 0;

	while (i + 1 < periods->count && periods->items[i].end < date)
		i++;
	return &periods->items[i];
}

static cJSON *mail_json(const struct evidence *evidence)
{
	cJSON *row = cJSON_CreateObject();
	char text[PREFIX_TEXT_MAX] = "";

	if (evidence->destination.length > 0)
		prefix_format_short(&evidence->destination, text);
	return value_if(value_add(row, "date", cJSON_CreateNumber((double)evidence->date)) &&
				value_add(row, "destinationIp", value_text(text)) &&
				value_add(row, "messageId", value_text(evidence->message_id)) &&
				value_add(row, "spamscore",
					  cJSON_CreateNumber((double)evidence->spam_score)),
			row);
}

static int add_mail(const struct evidence *evidence, const char *source, void *userdata)
{
	struct period *period = find_period(userdata, evidence->date);

	(void)source;
	period->spams++;
	period->points += (double)evidence->spam_score;
	return value_append(period->detected, mail_json(evidence)) ? 0 : -ENOMEM;
}

/* A frame is seen where it comes in and where it goes out: the largest count is the source's. */
static int count_attempts(struct counters *counters, const struct smtpfence_prefix *prefix,
			  size_t *ret, struct error *error)
{
	_cleanup_free_ struct counters_source *sources = NULL;
	size_t count = 0;
	int r = counters_sources(counters, &sources, &count, error);

	*ret = 0;
	for (size_t i = 0; r >= 0 && i < count; i++) {
		const struct smtpfence_prefix *source = &sources[i].key.source;

		if ((prefix_contains(source, prefix) || prefix_contains(prefix, source)) &&
		    sources[i].value.attempts > *ret)
			*ret = sources[i].value.attempts;
	}
	return r;
}

static cJSON *period_json(struct period *period, size_t attempts)
{
	size_t total = attempts > period->spams ? attempts : period->spams;
	double average = period->spams ? round(period->points / (double)period->spams) : 0;
	cJSON *row = cJSON_CreateObject();

	return value_if(value_add(row, "timestamp", cJSON_CreateNumber((double)period->begin)) &&
				value_add(row, "total", cJSON_CreateNumber((double)total)) &&
				value_add(row, "numberOfSpams",
					  cJSON_CreateNumber((double)period->spams)) &&
				value_add(row, "averageSpamscore",
					  value_number(period->spams > 0, average)) &&
				value_add(row, "detectedSpams", STEAL(period->detected)),
			row);
}

static int reply_periods(struct periods *periods, int64_t from, int64_t to, size_t attempts,
			 struct reply *reply, struct error *error)
{
	_cleanup_(reply_array_clear) struct reply_array array = {};
	int r = reply_array_open(&array, error);

	for (size_t i = 0; i < periods->count && r >= 0; i++) {
		struct period *period = &periods->items[i];
		bool last = i + 1 == periods->count;

		if (period->begin >= from && period->begin <= to)
			r = reply_array_add(&array, period_json(period, last ? attempts : 0));
	}
	return r < 0 ? r : reply_array_finish(&array, reply, error);
}

int spam_stats(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	_cleanup_(periods_clear) struct periods periods = {};
	const struct api_context *context = &api->context;
	int64_t from = INT64_MIN, to = INT64_MAX;
	struct ledger_row row;
	size_t attempts = 0;
	int r = input_query_time(request, "from", &from, error);

	if (r >= 0)
		r = input_query_time(request, "to", &to, error);
	if (r >= 0)
		r = spam_find(api, request, &row, error);
	if (r >= 0)
		r = add_periods(context->store, &row.sentence, &periods, error);
	if (r >= 0)
		r = store_each_evidence(context->store, &row.prefix, 0, add_mail, &periods, error);
	if (r >= 0)
		r = count_attempts(context->counters, &row.prefix, &attempts, error);
	return r < 0 ? r : reply_periods(&periods, from, to, attempts, reply, error);
}
