/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <microhttpd.h>

#include "api/handlers.h"
#include "api/problems.h"
#include "api/reply.h"

int health_get(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	_cleanup_(cJSON_Deletep) cJSON *maps = counters_maps_json(api->context.counters);
	_cleanup_(cJSON_Deletep) cJSON *problems = problems_json(api, maps);
	_cleanup_(reply_text_clear) struct reply_text text = {};
	const cJSON *problem;
	int r = reply_text_open(&text, error);

	(void)request;
	if (r < 0)
		return r;
	if (!problems)
		return error_set(error, -ENOMEM, "out of memory");
	if (cJSON_GetArraySize(problems) == 0)
		fputs("ok\n", text.stream);
	cJSON_ArrayForEach (problem, problems) {
		fprintf(text.stream, "%s\n", cJSON_GetStringValue(problem));
	}
	r = reply_text_finish(&text, reply, "text/plain; charset=utf-8", error);
	if (r >= 0 && cJSON_GetArraySize(problems) > 0)
		reply->status = MHD_HTTP_SERVICE_UNAVAILABLE;
	return r;
}
