/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

/* Taking 500 hooks away takes seconds; a daemon that is silent for longer is stuck. */
#define CLIENT_TIMEOUT_SEC 60L

DEFINE_CLEANUP(CURL *, curl_easy_cleanup)
DEFINE_CLEANUP(struct curl_slist *, curl_slist_free_all)
DEFINE_CLEANUP(char *, curl_free)
DEFINE_CLEANUP(cJSON *, cJSON_Delete)

/* The host is not looked up: the socket decides who answers. */
static char *make_url(const char *target)
{
	char *url;

	return asprintf(&url, "http://localhost%s", target) < 0 ? NULL : url;
}

static size_t take(char *data, size_t size, size_t count, void *stream)
{
	return fwrite(data, size, count, stream);
}

/* Link: <TARGET>; rel="next" */
static size_t take_header(char *data, size_t size, size_t count, void *userdata)
{
	static const char name[] = "Link: <", relation[] = ">; rel=\"next\"";
	char **next = userdata, *line = strndup(data, size * count), *end;

	end = line ? strstr(line, relation) : NULL;
	if (end && strncasecmp(line, name, strlen(name)) == 0) {
		*end = '\0';
		free(*next);
		*next = strdup(line + strlen(name));
	}
	free(line);
	return size * count;
}

static void set_options(CURL *curl, const char *socket, const char *method, FILE *answer)
{
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
	/* An http_proxy of the environment is not meant for a Unix socket. */
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, CLIENT_TIMEOUT_SEC);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
}

static int connect_error(CURL *curl, const char *socket, struct error *error)
{
	long os_error = 0;

	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &os_error);
	if (os_error == EACCES || os_error == EPERM)
		return error_set(error, -EACCES,
				 "%s: %s; the daemon obeys root and the members of the group "
				 "`api.group`",
				 socket, strerror((int)os_error));
	return error_set(error, -ENOTCONN,
			 "%s: %s; is smtpfenced running? (systemctl status smtpfenced)", socket,
			 strerror(os_error ? (int)os_error : ENOTCONN));
}

static int transfer(CURL *curl, const char *socket, struct error *error)
{
	char detail[CURL_ERROR_SIZE] = "";
	CURLcode code;

	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
	code = curl_easy_perform(curl);
	if (code == CURLE_OK)
		return 0;
	if (code == CURLE_COULDNT_CONNECT)
		return connect_error(curl, socket, error);
	return error_set(error, -EREMOTEIO, "%s: %s", socket,
			 detail[0] ? detail : curl_easy_strerror(code));
}

static int send_request(CURL *curl, const char *socket, const cJSON *body, struct error *error)
{
	_cleanup_(curl_slist_free_allp) struct curl_slist *headers =
		curl_slist_append(NULL, "Content-Type: application/json");
	_cleanup_free_ char *text = body ? cJSON_PrintUnformatted(body) : NULL;

	if (!headers || (body && !text))
		return error_set(error, -ENOMEM, "out of memory");
	if (body) {
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
	}
	return transfer(curl, socket, error);
}

static int errno_of_status(long status)
{
	switch (status) {
	case 400:
		return -EINVAL;
	case 403:
		return -EACCES;
	case 404:
		return -ENOENT;
	default:
		return status < 500 ? -EBUSY : -EREMOTEIO;
	}
}

static int check_status(long status, const cJSON *answer, struct error *error)
{
	const cJSON *message = cJSON_GetObjectItemCaseSensitive(answer, "message");

	if (status >= 200 && status < 300)
		return 0;
	if (cJSON_IsString(message))
		return error_set(error, errno_of_status(status), "%s", message->valuestring);
	return error_set(error, errno_of_status(status), "the daemon answered with HTTP status %ld",
			 status);
}

struct answer {
	char *text; /* owned */
	size_t length;
	char *next; /* owned; the page behind it; NULL: none */
};

static void answer_clear(struct answer *answer)
{
	free(answer->text);
	free(answer->next);
}

static int exchange(CURL *curl, const char *socket, const char *method, const cJSON *body,
		    struct answer *ret, struct error *error)
{
	FILE *answer = open_memstream(&ret->text, &ret->length);
	int r;

	if (!answer)
		return error_set(error, -ENOMEM, "out of memory");
	set_options(curl, socket, method, answer);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &ret->next);
	r = send_request(curl, socket, body, error);
	if (fclose(answer) != 0 && r >= 0)
		return error_set(error, -ENOMEM, "out of memory");
	return r;
}

static int request(const char *socket, const char *method, const char *target, const cJSON *body,
		   cJSON **ret, char **ret_next, struct error *error)
{
	_cleanup_(curl_easy_cleanupp) CURL *curl = curl_easy_init();
	_cleanup_(cJSON_Deletep) cJSON *json = NULL;
	_cleanup_(answer_clear) struct answer answer = {};
	_cleanup_free_ char *url = make_url(target);
	long status = 0;
	int r;

	if (!curl || !url || curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK)
		return error_set(error, -ENOMEM, "out of memory");
	r = exchange(curl, socket, method, body, &answer, error);
	if (r < 0)
		return r;
	json = answer.length ? cJSON_ParseWithLength(answer.text, answer.length)
			     : cJSON_CreateNull();
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	r = check_status(status, json, error);
	if (r < 0)
		return r;
	if (!json)
		return error_set(error, -EREMOTEIO, "%s: the answer to %s %s is not JSON", socket,
				 method, target);
	*ret = STEAL(json);
	if (ret_next)
		*ret_next = STEAL(answer.next);
	return 0;
}

int client_request(const char *socket, const char *method, const char *target, const cJSON *body,
		   cJSON **ret, struct error *error)
{
	return request(socket, method, target, body, ret, NULL, error);
}

int client_page(const char *socket, const char *target, cJSON **ret, char **ret_next,
		struct error *error)
{
	return request(socket, "GET", target, NULL, ret, ret_next, error);
}

char *client_target(const char *before, const char *text, const char *after)
{
	_cleanup_(curl_freep) char *escaped = curl_easy_escape(NULL, text, 0);
	char *target;

	if (!escaped || asprintf(&target, "%s%s%s", before, escaped, after) < 0)
		return NULL;
	return target;
}

char *client_query(const char *path, const struct client_parameter *parameters, size_t count)
{
	char *target = strdup(path);
	const char *separator = "?";

	for (size_t i = 0; target && i < count; i++) {
		_cleanup_free_ char *before = NULL;
		char *longer = NULL;

		if (!parameters[i].value)
			continue;
		if (asprintf(&before, "%s%s%s=", target, separator, parameters[i].name) >= 0)
			longer = client_target(before, parameters[i].value, "");
		free(target);
		target = longer;
		separator = "&";
	}
	return target;
}
