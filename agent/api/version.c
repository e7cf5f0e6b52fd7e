/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "base/value.h"

int version_get(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	cJSON *object = cJSON_CreateObject();
	char schema[17]; /* 64 bits are more than a JSON number holds */

	(void)api;
	(void)request;
	snprintf(schema, sizeof(schema), "%016" PRIx64, (uint64_t)SMTPFENCE_SCHEMA);
	return reply_json(
		reply,
		value_if(value_add(object, "version", cJSON_CreateString(SMTPFENCE_VERSION)) &&
				 value_add(object, "schema", cJSON_CreateString(schema)) &&
				 value_add(object, "pid", cJSON_CreateNumber(getpid())),
			 object),
		error);
}
