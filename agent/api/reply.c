/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <microhttpd.h>
#include <string.h>

#include "api/reply.h"

#define TYPE_JSON "application/json"

static unsigned int status_of(int code)
{
	static const struct {
		int code;
		unsigned int status;
	} table[] = {
		{-EINVAL, MHD_HTTP_BAD_REQUEST},
		{-ERANGE, MHD_HTTP_BAD_REQUEST},
		{-EACCES, MHD_HTTP_FORBIDDEN},
		{-ENOENT, MHD_HTTP_NOT_FOUND},
		{-EOPNOTSUPP, MHD_HTTP_METHOD_NOT_ALLOWED},
		{-EBUSY, MHD_HTTP_CONFLICT},
		{-ESTALE, MHD_HTTP_CONFLICT},
		{-EEXIST, MHD_HTTP_CONFLICT},
		{-EPERM, MHD_HTTP_CONFLICT}, /* a feed's list decides, not the one who asks */
		{-EDOM, MHD_HTTP_CONFLICT},
		{-EFBIG, MHD_HTTP_CONTENT_TOO_LARGE},
		{-EMEDIUMTYPE, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE},
		{-ENOSPC, MHD_HTTP_INSUFFICIENT_STORAGE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].code == code)
			return table[i].status;
	}
	return MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static int set_json(struct reply *reply, unsigned int status, cJSON *json)
{
	reply->status = status;
	reply->type = TYPE_JSON;
	reply->body = cJSON_PrintUnformatted(json);
	reply->size = reply->body ? strlen(reply->body) : 0;
	cJSON_Delete(json);
	return reply->body ? 0 : -ENOMEM;
}

int reply_json(struct reply *reply, cJSON *json, struct error *error)
{
	if (set_json(reply, MHD_HTTP_OK, json) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	return 0;
}

void reply_error(struct reply *reply, int code, const struct error *error)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "message", error->text[0] ? error->text : strerror(-code));
	/* Without memory for a message the status alone has to do. */
	set_json(reply, status_of(code), json);
}

int reply_text_open(struct reply_text *text, struct error *error)
{
	*text = (struct reply_text){};
	text->stream = open_memstream(&text->text, &text->size);
	return text->stream ? 0 : error_set(error, -ENOMEM, "out of memory");
}

int reply_text_finish(struct reply_text *text, struct reply *reply, const char *type,
		      struct error *error)
{
	FILE *stream = STEAL(text->stream);
	bool failed = ferror(stream) != 0;

	if (fclose(stream) != 0 || failed)
		return error_set(error, -ENOMEM, "out of memory");
	reply->status = MHD_HTTP_OK;
	reply->type = type;
	reply->size = text->size;
	reply->body = STEAL(text->text);
	return 0;
}

void reply_text_clear(struct reply_text *text)
{
	fclosep(&text->stream);
	free(text->text);
}

int reply_array_open(struct reply_array *array, struct error *error)
{
	int r = reply_text_open(&array->text, error);

	if (r < 0)
		return r;
	array->any = false;
	fputc('[', array->text.stream);
	return 0;
}

int reply_array_add(struct reply_array *array, cJSON *row)
{
	_cleanup_free_ char *text = cJSON_PrintUnformatted(row);

	cJSON_Delete(row);
	if (!text)
		return -ENOMEM;
	fprintf(array->text.stream, "%s%s", array->any ? "," : "", text);
	array->any = true;
	return 0;
}

int reply_array_finish(struct reply_array *array, struct reply *reply, struct error *error)
{
	fputc(']', array->text.stream);
	return reply_text_finish(&array->text, reply, TYPE_JSON, error);
}

void reply_array_clear(struct reply_array *array)
{
	reply_text_clear(&array->text);
}
