/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/feeds.h"
#include "api/handlers.h"
#include "api/interfaces.h"
#include "api/mode.h"
#include "api/notify.h"
#include "api/problems.h"
#include "api/reply.h"
#include "api/status.h"
#include "api/usage.h"
#include "base/value.h"

bool status_is_enforcing(const struct api *api)
{
	const struct fence *fence = api->context.fence;

	return fence_mode(fence) == SMTPFENCE_MODE_ENFORCE && interfaces_covered(fence) > 0;
}

static cJSON *coverage_json(const struct fence *fence)
{
	cJSON *object = cJSON_CreateObject();
	double covered = (double)interfaces_covered(fence);
	double total = (double)fence_interface_count(fence);

	return value_if(value_add(object, "covered", cJSON_CreateNumber(covered)) &&
				value_add(object, "total", cJSON_CreateNumber(total)),
			object);
}

static double drift(const struct ledger *ledger)
{
	struct ledger_report report = ledger_report(ledger);

	return (double)(report.drift_missing + report.drift_wrong + report.drift_extra);
}

int status_get(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	const struct api_context *context = &api->context;
	_cleanup_(cJSON_Deletep) cJSON *maps = counters_maps_json(context->counters);
	_cleanup_(cJSON_Deletep) cJSON *problems = problems_json(api, maps);
	const char *mode = mode_name(fence_mode(context->fence));
	bool degraded = cJSON_GetArraySize(problems) > 0;
	cJSON *status = cJSON_CreateObject();
	bool complete =
		value_add(status, "mode", cJSON_CreateString(mode)) &&
		value_add(status, "enforcing", cJSON_CreateBool(status_is_enforcing(api))) &&
		value_add(status, "degraded", cJSON_CreateBool(degraded)) &&
		value_add(status, "problems", STEAL(problems)) &&
		value_add(status, "interfaces", coverage_json(context->fence)) &&
		value_add(status, "feeds", feeds_json(context->feeds)) &&
		value_add(status, "usage", usage_json(context->usage)) &&
		value_add(status, "notify", notify_json(context->notify)) &&
		value_add(status, "maps", STEAL(maps)) &&
		value_add(status, "drift", cJSON_CreateNumber(drift(context->ledger))) &&
		value_add(status, "version", cJSON_CreateString(SMTPFENCE_VERSION));

	(void)request;
	return reply_json(reply, value_if(complete, status), error);
}
