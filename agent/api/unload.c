/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/handlers.h"
#include "api/reply.h"

int unload_post(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	int r = api->context.unload(api->context.userdata, error);

	(void)request;
	return r < 0 ? r : reply_json(reply, cJSON_CreateObject(), error);
}
