/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/remediation.h"

#include <cjson/cJSON.h>
#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/prefix.h"
#include "base/value.h"
#include "feed/lapi.h"

#define TARGET	       "/v1/usage-metrics"
#define COMPONENT_TYPE "smtpfence"

#define INTERVAL_NS    (900 * NSEC_PER_SEC) /* as CrowdSec's own components */
#define NOT_OFFERED_NS (86400 * NSEC_PER_SEC)

#define STATUS_NOT_FOUND 404

DEFINE_CLEANUP(cJSON *, cJSON_Delete)
DEFINE_CLEANUP(char *, cJSON_free)

static cJSON *item_json(const char *ip_type, size_t count)
{
	cJSON *item = cJSON_CreateObject(), *labels = cJSON_CreateObject();
	bool labelled = value_add(labels, "ip_type", cJSON_CreateString(ip_type));

	return value_if(value_add(item, "name", cJSON_CreateString("active_decisions")) &&
				value_add(item, "unit", cJSON_CreateString("ip")) &&
				value_add(item, "value", cJSON_CreateNumber((double)count)) &&
				value_add(item, "labels", value_if(labelled, labels)),
			item);
}

static cJSON *items_json(const struct decision_table *table)
{
	cJSON *items = cJSON_CreateArray();
	size_t ipv4 = 0;

	for (size_t i = 0; i < table->count; i++)
		ipv4 += prefix_is_ipv4(&table->items[i].prefix);
	return value_if(value_append(items, item_json("ipv4", ipv4)) &&
				value_append(items, item_json("ipv6", table->count - ipv4)),
			items);
}

static cJSON *window_json(const struct remediation *remediation, const struct decision_table *table)
{
	int64_t from = remediation->told ? remediation->told : remediation->started;
	double length = (double)(remediation->telling - from);
	cJSON *window = cJSON_CreateObject(), *meta = cJSON_CreateObject();
	bool complete = value_add(meta, "window_size_seconds", cJSON_CreateNumber(length)) &&
			value_add(meta, "utc_now_timestamp",
				  cJSON_CreateNumber((double)remediation->telling));

	return value_if(value_add(window, "meta", value_if(complete, meta)) &&
				value_add(window, "items", items_json(table)),
			window);
}

static cJSON *component_json(const struct remediation *remediation, const char *name,
			     const struct decision_table *table)
{
	cJSON *component = cJSON_CreateObject(), *windows = cJSON_CreateArray();
	bool complete = value_append(windows, window_json(remediation, table));

	return value_if(
		value_add(component, "name", cJSON_CreateString(name)) &&
			value_add(component, "type", cJSON_CreateString(COMPONENT_TYPE)) &&
			value_add(component, "version", cJSON_CreateString(SMTPFENCE_VERSION)) &&
			value_add(component, "utc_startup_timestamp",
				  cJSON_CreateNumber((double)remediation->started)) &&
			value_add(component, "feature_flags", cJSON_CreateArray()) &&
			value_add(component, "metrics", value_if(complete, windows)),
		component);
}

/* NULL: out of memory. Freed by the caller. */
static char *metrics_text(const struct remediation *remediation, const char *name,
			  const struct decision_table *table)
{
	_cleanup_(cJSON_Deletep) cJSON *metrics = cJSON_CreateObject();
	cJSON *components = cJSON_CreateArray();
	bool complete = value_append(components, component_json(remediation, name, table));

	complete = value_add(metrics, "remediation_components", value_if(complete, components)) &&
		   value_add(metrics, "log_processors", cJSON_CreateArray());
	return complete ? cJSON_PrintUnformatted(metrics) : NULL;
}

/* That a server is out of order is the decisions' to find out, and to say. */
static void on_done(int code, const struct transfer_result *result, const struct error *error,
		    void *userdata)
{
	struct remediation *remediation = userdata;

	remediation->transfer = NULL;
	remediation->due = clock_boot_ns() + INTERVAL_NS;
	if (code < 0) {
		log_debug("feed %s: %s", remediation->name, error->text);
	} else if (result->status == STATUS_NOT_FOUND) {
		log_info("feed %s: the server does not offer usage metrics; it is asked again in a "
			 "day",
			 remediation->name);
		remediation->due = clock_boot_ns() + NOT_OFFERED_NS;
	} else if (result->status >= 200 && result->status < 300) {
		remediation->told = remediation->telling;
	} else {
		log_debug("feed %s: usage metrics were answered %u", remediation->name,
			  result->status);
	}
}

static int post(struct remediation *remediation, const struct reader *reader,
		const struct decision_table *table, struct error *error)
{
	const struct config_feed *config = reader->report.config;
	_cleanup_(lapi_request_clear) struct lapi_request request = {0};
	_cleanup_(cJSON_freep) char *text = metrics_text(remediation, config->name, table);
	int r = text ? lapi_prepare(config, TARGET, &request, error)
		     : error_set(error, -ENOMEM, "out of memory");

	if (r < 0)
		return r;
	lapi_post(&request, text);
	request.transfer.done = on_done;
	request.transfer.userdata = remediation;
	return transfer_start(reader->context->transfers, &request.transfer, &remediation->transfer,
			      error);
}

void remediation_tell(struct remediation *remediation, const struct reader *reader,
		      const struct decision_table *table)
{
	struct error error = {0};

	if (remediation->transfer || clock_boot_ns() < remediation->due)
		return;
	remediation->name = reader->report.config->name;
	remediation->telling = clock_wall();
	if (!remediation->started)
		remediation->started = remediation->telling;
	if (post(remediation, reader, table, &error) < 0)
		log_debug("feed %s: %s", remediation->name, error.text);
}

void remediation_stop(struct remediation *remediation)
{
	if (remediation->transfer)
		transfer_cancel(remediation->transfer);
	remediation->transfer = NULL;
}
