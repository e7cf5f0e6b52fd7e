/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/nats_value.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "feed/escapes.h"
#include "feed/record.h"
#include "nats/key.h"

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

static int parse_object(const char *value, size_t length, cJSON **ret, struct error *error)
{
	_cleanup_free_ char *text = NULL;

	if (length > NATS_VALUE_MAX)
		return error_set(error, -EBADMSG, "the value is longer than %lu bytes",
				 NATS_VALUE_MAX);
	if (memchr(value, '\0', length))
		return error_set(error, -EBADMSG, "the value holds a NUL byte");
	text = strndup(value, length);
	if (!text)
		return error_set(error, -ENOMEM, "out of memory");
	escapes_mend(text);
	*ret = cJSON_ParseWithOpts(text, NULL, true);
	if (!cJSON_IsObject(*ret))
		return error_set(error, -EBADMSG, "the value is not a JSON object");
	return 0;
}

static int check(const char *key, const struct smtpfence_prefix *prefix, struct error *error)
{
	char text[PREFIX_TEXT_MAX], want[KEY_TEXT_MAX];

	if (strcmp(key, key_format(prefix, want)) != 0)
		return error_set(error, -EBADMSG, "\"ip\" is %s, whose key is %s",
				 prefix_format_short(prefix, text), want);
	if (prefix_too_wide(prefix))
		return error_set(error, -EBADMSG,
				 "\"ip\" is %s, wider than /24 (IPv4) or /48 "
				 "(IPv6)",
				 prefix_format(prefix, text));
	return 0;
}

int nats_value_parse(const char *key, const char *value, size_t length, struct arena *arena,
		     struct incident *ret, struct error *error)
{
	_cleanup_(cJSON_Deletep) cJSON *object = NULL;
	int r = parse_object(value, length, &object, error);

	if (r >= 0)
		r = record_parse(object, arena, ret, error);
	return r < 0 ? r : check(key, &ret->prefix, error);
}
