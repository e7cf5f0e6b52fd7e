/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What status and metrics say of the receivers of notices. */
#include "api/notify.h"

#include "api/exposition.h"
#include "base/value.h"

static cJSON *receiver_json(const struct notify_report *report)
{
	const char *state = report->is_failing ? "failing" : "ok";
	cJSON *row = cJSON_CreateObject();

	return value_if(
		value_add(row, "receiver", cJSON_CreateString(report->name)) &&
			value_add(row, "state", cJSON_CreateString(state)) &&
			value_add(row, "pending", cJSON_CreateNumber((double)report->pending)) &&
			value_add(row, "last_success", value_time(report->last_success)) &&
			value_add(row, "error", value_text(report->error)),
		row);
}

cJSON *notify_json(const struct notify *notify)
{
	cJSON *array = cJSON_CreateArray();
	bool complete = true;

	for (size_t i = 0; complete && i < notify_count(notify); i++) {
		struct notify_report report = notify_report(notify, i);

		complete = value_append(array, receiver_json(&report));
	}
	return value_if(complete, array);
}

typedef double (*report_reader)(const struct notify_report *report);

static double pending_of(const struct notify_report *report)
{
	return (double)report->pending;
}

static double success_of(const struct notify_report *report)
{
	return (double)report->last_success;
}

static double deliveries_of(const struct notify_report *report)
{
	return (double)report->deliveries;
}

static double errors_of(const struct notify_report *report)
{
	return (double)report->errors;
}

static double lost_of(const struct notify_report *report)
{
	return (double)report->lost;
}

static const struct metric {
	const char *name, *type, *help;
	report_reader read;
} metrics[] = {
	{"notify_pending", "gauge", "Events that the receiver has not had yet", pending_of},
	{"notify_last_success_timestamp_seconds", "gauge",
	 "When an event was last taken; 0: not since the start", success_of},
	{"notify_deliveries_total", "counter", "Events that were taken", deliveries_of},
	{"notify_errors_total", "counter", "Attempts that failed", errors_of},
	{"notify_lost_total", "counter", "Events that were pruned before they were taken", lost_of},
};

void notify_write_metrics(FILE *out, const struct notify *notify)
{
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
		exposition_head(out, metrics[i].name, metrics[i].type, metrics[i].help);
		for (size_t j = 0; j < notify_count(notify); j++) {
			struct notify_report report = notify_report(notify, j);

			exposition_sample(out, metrics[i].name, LABELS({"receiver", report.name}),
					  metrics[i].read(&report));
		}
	}
}
