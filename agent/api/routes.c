/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which handler answers what. */
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#include "api/handlers.h"

/* clang-format off */
#define PAGE "limit", "after"
static const struct route routes[] = {
	{"GET",    "/v1/status",             {},                      status_get,     ROUTE_GROUP},
	{"GET",    "/v1/blocks",             {"state", "in", PAGE},   blocks_list,    ROUTE_GROUP},
	{"POST",   "/v1/blocks",             {},                      blocks_add,     ROUTE_GROUP},
	{"GET",    "/v1/blocks/{}",          {},                      blocks_get,     ROUTE_GROUP},
	{"POST",   "/v1/blocks/{}/unblock",  {},                      blocks_unblock, ROUTE_GROUP},
	{"GET",    "/v1/check",              {"source", "destination"}, check_get,      ROUTE_GROUP},
	{"GET",    "/v1/allow",              {},                      allow_list,     ROUTE_GROUP},
	{"POST",   "/v1/allow",              {},                      allow_add,      ROUTE_GROUP},
	{"DELETE", "/v1/allow/{}",           {},                      allow_remove,   ROUTE_GROUP},
	{"GET",    "/v1/counters",           {"sort", "top"},         counters_get,   ROUTE_GROUP},
	{"GET",    "/v1/rates",              {"since", "sort", "top"}, rates_get,      ROUTE_GROUP},
	{"GET",    "/v1/risk",               {"top"},                 risk_get,       ROUTE_GROUP},
	{"GET",    "/v1/notice/{}",          {},                      notice_get,     ROUTE_GROUP},
	{"GET",    "/v1/interfaces",         {},                      interfaces_get, ROUTE_GROUP},
	{"GET",    "/v1/feeds",              {},                      feeds_get,      ROUTE_GROUP},
	{"POST",   "/v1/feeds/{}/sync",      {},                      feeds_post_sync, ROUTE_GROUP},
	{"POST",   "/v1/feeds/{}/apply",     {},                      feeds_post_apply, ROUTE_GROUP},
	{"POST",   "/v1/feeds/{}/pause",     {},                      feeds_post_pause, ROUTE_GROUP},
	{"POST",   "/v1/feeds/{}/resume",    {},                      feeds_post_resume, ROUTE_GROUP},
	{"GET",    "/v1/mode",               {},                      mode_get,       ROUTE_GROUP},
	{"PUT",    "/v1/mode",               {},                      mode_put,       ROUTE_GROUP},
	{"GET",    "/v1/events",             {"after", "limit", "wait"}, events_get,     ROUTE_GROUP},
	{"GET",    "/v1/version",            {},                      version_get,    ROUTE_GROUP},
	{"POST",   "/v1/unload",             {},                      unload_post,    ROUTE_ROOT},
	{"GET",    "/metrics",               {},                      metrics_get,    ROUTE_PUBLIC},
	{"GET",    "/healthz",               {},                      health_get,     ROUTE_PUBLIC},
	{"GET",    "/ip/{}/spam",            {"state", PAGE},         spam_list,      ROUTE_GROUP},
	{"GET",    "/ip/{}/spam/{}",         {},                      spam_get,       ROUTE_GROUP},
	{"GET",    "/ip/{}/spam/{}/stats",   {"from", "to"},          spam_stats,     ROUTE_GROUP},
	{"POST",   "/ip/{}/spam/{}/unblock", {},                      spam_unblock,   ROUTE_GROUP},
};
/* clang-format on */

/* One "/part" of a path or pattern. */
struct part {
	const char *text;
	size_t length;
};

static struct part next_part(const char **path)
{
	struct part part = {*path, 0};

	if (**path == '/') {
		part.text++;
		part.length = strcspn(part.text, "/");
		*path = part.text + part.length;
	}
	return part;
}

/* Where the pattern has "{}", what stands in the path is left in @ret_arguments, from the left. */
static bool matches(const char *pattern, const char *path,
		    struct part ret_arguments[API_ARGUMENTS_MAX])
{
	size_t count = 0;

	while (*pattern && *path == '/') {
		struct part wanted = next_part(&pattern);
		struct part got = next_part(&path);

		if (wanted.length == 2 && strncmp(wanted.text, "{}", 2) == 0 && got.length > 0)
			ret_arguments[count++] = got;
		else if (wanted.length != got.length ||
			 strncmp(wanted.text, got.text, got.length) != 0)
			return false;
	}
	return !*pattern && !*path;
}

/* Decoded only now: a "%2F" must not part the path. */
static int take_argument(const struct part *argument, char **ret, struct error *error)
{
	*ret = strndup(argument->text, argument->length);
	if (!*ret)
		return error_set(error, -ENOMEM, "out of memory");
	if (MHD_http_unescape(*ret) != strlen(*ret))
		return error_set(error, -EINVAL, "the path holds a NUL");
	return 0;
}

static int take_arguments(struct request *request, const struct part arguments[API_ARGUMENTS_MAX],
			  struct error *error)
{
	int r = 0;

	for (size_t i = 0; i < API_ARGUMENTS_MAX && arguments[i].text && r == 0; i++)
		r = take_argument(&arguments[i], &request->arguments[i], error);
	return r;
}

static void add_method(char *allow, size_t size, const char *method)
{
	size_t length = strlen(allow);

	snprintf(allow + length, size - length, "%s%s%s", length ? ", " : "", method,
		 strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

int route_find(struct request *request, bool public_only, const struct route **ret,
	       struct reply *reply, struct error *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		const struct route *route = &routes[i];
		struct part arguments[API_ARGUMENTS_MAX] = {};

		if (public_only && route->access != ROUTE_PUBLIC)
			continue;
		if (!matches(route->pattern, request->path, arguments))
			continue;
		if (strcmp(route->method, request->method) == 0) {
			*ret = route;
			return take_arguments(request, arguments, error);
		}
		add_method(reply->allow, sizeof(reply->allow), route->method);
	}
	if (reply->allow[0])
		return error_set(error, -EOPNOTSUPP, "%s: only %s", request->path, reply->allow);
	return error_set(error, -ENOENT, "%s: no such resource", request->path);
}
