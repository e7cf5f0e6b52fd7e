/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "api/handlers.h"
#include "api/input.h"
#include "api/mode.h"
#include "api/reply.h"
#include "base/value.h"

static const char *const names[] = {
	[SMTPFENCE_MODE_ENFORCE] = "enforce",
	[SMTPFENCE_MODE_MONITOR] = "monitor",
};

const char *mode_name(enum smtpfence_mode mode)
{
	return names[mode];
}

static int mode_parse(const char *text, enum smtpfence_mode *ret, struct error *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = i;
			return 0;
		}
	}
	return error_set(error, -EINVAL, "mode: \"%s\" is neither enforce nor monitor", text);
}

int mode_get(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	cJSON *mode = cJSON_CreateString(mode_name(fence_mode(api->context.fence)));
	cJSON *object = cJSON_CreateObject();

	(void)request;
	return reply_json(reply, value_if(value_add(object, "mode", mode), object), error);
}

int mode_put(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	const struct ledger_actor actor = {.uid = request->uid};
	const char *text = NULL;
	const struct input_field fields[] = {{"mode", INPUT_TEXT, true, &text}};
	enum smtpfence_mode mode = SMTPFENCE_MODE_ENFORCE;
	int r = input_body(request, fields, ARRAY_SIZE(fields), error);

	if (r >= 0)
		r = mode_parse(text, &mode, error);
	if (r >= 0)
		r = ledger_set_mode(api->context.ledger, mode, &actor, error);
	return r < 0 ? r : mode_get(api, request, reply, error);
}
