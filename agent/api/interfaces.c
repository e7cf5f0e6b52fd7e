/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/handlers.h"
#include "api/interfaces.h"
#include "api/reply.h"
#include "base/value.h"

const char *interface_hook_name(enum smtpfence_hook hook)
{
	static const char *const names[] = {
		[SMTPFENCE_HOOK_NONE] = NULL,
		[SMTPFENCE_HOOK_XDP_NATIVE] = "xdp-native",
		[SMTPFENCE_HOOK_XDP_GENERIC] = "xdp-generic",
		[SMTPFENCE_HOOK_TC_INGRESS] = "tc-ingress",
		[SMTPFENCE_HOOK_TC_EGRESS] = "tc-egress",
	};

	return names[hook];
}

size_t interfaces_covered(const struct fence *fence)
{
	size_t covered = 0;

	for (size_t i = 0; i < fence_interface_count(fence); i++)
		covered += fence_interface_at(fence, i)->covered;
	return covered;
}

static cJSON *interface_json(const struct fence_interface *interface)
{
	const char *role = interface->role == SMTPFENCE_ROLE_UPLINK ? "uplink" : "guest";
	cJSON *row = cJSON_CreateObject();

	return value_if(
		value_add(row, "name", cJSON_CreateString(interface->name)) &&
			value_add(row, "ifindex", cJSON_CreateNumber(interface->ifindex)) &&
			value_add(row, "role", cJSON_CreateString(role)) &&
			value_add(row, "hook", value_text(interface_hook_name(interface->hook))) &&
			value_add(row, "covered", cJSON_CreateBool(interface->covered)) &&
			value_add(row, "reason", value_text(interface->reason)),
		row);
}

int interfaces_get(struct api *api, struct request *request, struct reply *reply,
		   struct error *error)
{
	const struct fence *fence = api->context.fence;
	cJSON *array = cJSON_CreateArray();
	bool complete = true;

	(void)request;
	for (size_t i = 0; complete && i < fence_interface_count(fence); i++)
		complete = value_append(array, interface_json(fence_interface_at(fence, i)));
	return reply_json(reply, value_if(complete, array), error);
}
