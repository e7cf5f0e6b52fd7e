/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/clients.h"
#include "api/http.h"
#include "api/input.h"
#include "api/reply.h"
#include "base/text.h"

/*
 * A body that is too large is read to its end before it is refused: on a Unix socket that is
 * closed with unread data the client loses the answer. Beyond this, it has no right to one.
 */
#define BODY_READ_MAX (16 * API_BODY_MAX)

/* Of the connection: see server.c. */
static struct client *client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info->socket_context;
}

void *http_begin(void *userdata, const char *uri, struct MHD_Connection *connection)
{
	struct request *request = calloc(1, sizeof(*request));

	(void)userdata;
	client_turn(client_of(connection));
	if (request) {
		request->connection = connection;
		request->client = client_of(connection);
		request->path = strndup(uri, strcspn(uri, "?"));
	}
	return request;
}

void http_end(void *userdata, struct MHD_Connection *connection, void **request_pointer,
	      enum MHD_RequestTerminationCode code)
{
	struct request *request = STEAL(*request_pointer);

	(void)userdata;
	(void)code;
	client_turn(client_of(connection));
	if (!request)
		return;
	cJSON_Delete(request->json);
	free(request->path);
	for (size_t i = 0; i < API_ARGUMENTS_MAX; i++)
		free(request->arguments[i]);
	free(request->body);
	free(request);
}

static enum MHD_Result take_body(struct request *request, const char *data, size_t size)
{
	size_t length = request->body_size;
	char *body;

	request->body_size += size;
	if (request->body_size > API_BODY_MAX)
		return request->body_size > BODY_READ_MAX ? MHD_NO : MHD_YES;
	body = realloc(request->body, request->body_size + 1);
	if (!body)
		return MHD_NO;
	memcpy(body + length, data, size);
	body[request->body_size] = '\0';
	request->body = body;
	return MHD_YES;
}

static int dispatch(const struct http *http, struct request *request, struct reply *reply,
		    struct error *error)
{
	const struct route *route = NULL;
	int r = http->is_public ? 0 : peer_check(http->api, request, error);

	if (r >= 0 && request->body_size > API_BODY_MAX)
		r = error_set(error, -EFBIG, "the body is larger than %zu bytes", API_BODY_MAX);
	if (r >= 0)
		r = route_find(request, http->is_public, &route, reply, error);
	if (r >= 0 && route->access == ROUTE_ROOT && request->uid != 0)
		r = error_set(error, -EACCES, "only root may do this");
	if (r >= 0)
		r = input_check_query(request, route, error);
	return r >= 0 ? route->handler(http->api, request, reply, error) : r;
}

static struct MHD_Response *make_response(struct reply *reply)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(reply->size, reply->body, MHD_RESPMEM_MUST_FREE);

	if (!response) {
		free(reply->body);
		return NULL;
	}
	if (reply->size > 0)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
	if (reply->allow[0])
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, reply->allow);
	if (reply->link)
		MHD_add_response_header(response, MHD_HTTP_HEADER_LINK, reply->link);
	return response;
}

static enum MHD_Result answer(struct http *http, struct request *request)
{
	struct reply reply = {};
	struct error error = {};
	struct MHD_Response *response;
	enum MHD_Result result;
	int r = dispatch(http, request, &reply, &error);

	if (r == HANDLER_WAITS) {
		waiting_add(&http->waiting, request);
		return MHD_YES;
	}
	if (r < 0) {
		/* It may quote the request, whatever bytes that is made of. */
		text_make_printable(error.text);
		reply_error(&reply, r, &error);
	}
	client_answer(request->client, reply.size);
	response = make_response(&reply);
	free(reply.link);
	if (!response)
		return MHD_NO;
	result = MHD_queue_response(request->connection, reply.status, response);
	MHD_destroy_response(response);
	return result;
}

/* A body announced as larger than what would be read: answered before it is sent. */
static bool announces_too_much(struct request *request)
{
	const char *length = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_CONTENT_LENGTH);

	if (!length || strtoull(length, NULL, 10) <= BODY_READ_MAX)
		return false;
	request->body_size = BODY_READ_MAX + 1;
	return true;
}

enum MHD_Result http_handle(void *userdata, struct MHD_Connection *connection, const char *url,
			    const char *method, const char *version, const char *data, size_t *size,
			    void **request_pointer)
{
	struct request *request = *request_pointer;
	size_t length = *size;

	(void)connection;
	(void)url;
	(void)version;
	if (!request || !request->path)
		return MHD_NO;
	if (!request->started) {
		request->started = true;
		request->method =
			strcmp(method, MHD_HTTP_METHOD_HEAD) == 0 ? MHD_HTTP_METHOD_GET : method;
		return announces_too_much(request) ? answer(userdata, request) : MHD_YES;
	}
	if (length > 0) {
		*size = 0;
		return take_body(request, data, length);
	}
	return answer(userdata, request);
}
