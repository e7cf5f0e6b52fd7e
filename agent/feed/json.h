/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON lines, and fields of a JSON object. Each getter returns 1 and the value; 0 where the object
 * has no such field (@ret is untouched); -EBADMSG where it is of the wrong type or value, or stands
 * there twice, so that two readers of one feed cannot disagree on it. Errors name the field.
 */
#ifndef SMTPFENCE_FEED_JSON_H
#define SMTPFENCE_FEED_JSON_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "feed/lines.h"

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

/* The largest integer that every reader of JSON understands in the same way (RFC 7493). */
#define JSON_INTEGER_MAX 9007199254740991LL

/*
 * The object on the current line, which is changed. 1: it is the caller's to delete; 0: the line
 * is blank; -EBADMSG: it is no object, or not all of one.
 */
int json_line(struct lines *lines, cJSON **ret, struct error *error);

int json_integer(const cJSON *object, const char *name, int64_t min, int64_t max, int64_t *ret,
		 struct error *error);

/* The string belongs to @object, and is made printable. */
int json_string(const cJSON *object, const char *name, const char **ret, struct error *error);

/* A string that holds an RFC 3339 time after 1970. */
int json_time(const cJSON *object, const char *name, int64_t *ret, struct error *error);

int json_array(const cJSON *object, const char *name, const cJSON **ret, struct error *error);

/* For a field that must be there: turns the 0 of a getter into -EBADMSG, and its 1 into 0. */
int json_require(int found, const char *name, struct error *error);

#endif
