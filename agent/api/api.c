/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <grp.h>
#include <unistd.h>

#include "api/server.h"
#include "api/sockets.h"
#include "base/log.h"
#include "counters/rates.h"

/* (gid_t)-1 where there is no such group: then the socket is root's alone. */
static gid_t find_group(const char *name)
{
	const struct group *group = getgrnam(name);

	if (group)
		return group->gr_gid;
	log_warning("api.group: there is no group \"%s\": only root may use the socket", name);
	return (gid_t)-1;
}

static int open_socket(sd_event *event, struct api *api, struct error *error)
{
	int fd;
	int r = socket_listen_unix(api->context.config->api.socket, api->group, &fd, error);

	return r < 0 ? r : server_new(event, api, SERVER_SOCKET, fd, &api->socket, error);
}

static int open_listener(sd_event *event, struct api *api, struct error *error)
{
	const struct config_api *config = &api->context.config->api;
	int fd;
	int r;

	if (!config->listen_host)
		return 0;
	r = socket_listen_tcp(config->listen_host, config->listen_port, &fd, error);
	return r < 0 ? r : server_new(event, api, SERVER_LISTENER, fd, &api->listener, error);
}

int api_new(sd_event *event, const struct api_context *context, struct api **ret,
	    struct error *error)
{
	_cleanup_(api_freep) struct api *api = calloc(1, sizeof(*api));
	int r;

	if (!api)
		return error_set(error, -ENOMEM, "out of memory");
	api->looks = looks_new();
	if (!api->looks)
		return error_set(error, -ENOMEM, "out of memory");
	api->context = *context;
	api->group = find_group(context->config->api.group);
	r = open_socket(event, api, error);
	if (r >= 0)
		r = open_listener(event, api, error);
	if (r < 0)
		return r;
	*ret = STEAL(api);
	return 0;
}

void api_reconfigure(struct api *api, const struct api_context *context)
{
	api->context = *context;
}

void api_events_added(struct api *api)
{
	server_wake(api->socket);
}

void api_free(struct api *api)
{
	if (!api)
		return;
	/* A socket that was never ours is another daemon's. */
	if (api->socket)
		unlink(api->context.config->api.socket);
	server_free(api->socket);
	server_free(api->listener);
	looks_freep(&api->looks);
	free(api);
}
