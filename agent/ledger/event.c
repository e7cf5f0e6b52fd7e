/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The form of DESIGN, section 9: one for the API and for notices. */
#include "ledger/event.h"

#include <errno.h>
#include <string.h>

#include "base/prefix.h"
#include "base/value.h"

#define EVIDENCE_OF_EVENT 5

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

cJSON *event_evidence(struct store *store, const struct smtpfence_prefix *prefix, size_t limit,
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

	return has_evidence ? event_evidence(store, &audit->prefix, EVIDENCE_OF_EVENT, error)
			    : cJSON_CreateArray();
}

cJSON *event_json(struct store *store, const struct audit *audit, struct error *error)
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
