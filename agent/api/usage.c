/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/usage.h"
#include "base/clock.h"
#include "base/value.h"

static cJSON *receiver_json(const struct usage_report *report)
{
	bool known = report->delivered != 0;
	double age = (double)(clock_wall() - report->delivered);
	cJSON *row = cJSON_CreateObject();

	return value_if(
		value_add(row, "name", cJSON_CreateString(report->config->name)) &&
			value_add(row, "sequence", value_number(known, (double)report->sequence)) &&
			value_add(row, "age", value_number(known, age)) &&
			value_add(row, "waiting", cJSON_CreateNumber((double)report->waiting)) &&
			value_add(row, "dropped", cJSON_CreateNumber((double)report->dropped)) &&
			value_add(row, "refused", cJSON_CreateNumber((double)report->refused)) &&
			value_add(row, "error", value_text(report->error)),
		row);
}

cJSON *usage_json(const struct usage *usage)
{
	cJSON *array = cJSON_CreateArray();
	bool complete = true;

	for (size_t i = 0; complete && i < usage_count(usage); i++) {
		struct usage_report report = usage_report(usage, i);

		complete = value_append(array, receiver_json(&report));
	}
	return value_if(complete, array);
}
