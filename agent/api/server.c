/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libmicrohttpd without threads: it waits on an epoll descriptor of its own, which is one more
 * source of the event loop, and its idle timeouts are one timer.
 */
#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/epoll.h>

#include "api/http.h"
#include "api/server.h"

#define CONNECTION_LIMIT	200U
#define CONNECTION_TIMEOUT_SEC	10U
#define CONNECTION_MEMORY_LIMIT ((size_t)32 * 1024)

#define TIMER_ACCURACY_USEC 1000

struct server {
	struct http http;
	struct MHD_Daemon *daemon;
	sd_event_source *io, *timer;
};

static int arm_timer(struct server *server)
{
	MHD_UNSIGNED_LONG_LONG milliseconds;
	int r;

	if (MHD_get_timeout(server->daemon, &milliseconds) != MHD_YES)
		return sd_event_source_set_enabled(server->timer, SD_EVENT_OFF);
	r = sd_event_source_set_time_relative(server->timer, milliseconds * 1000);
	return r < 0 ? r : sd_event_source_set_enabled(server->timer, SD_EVENT_ONESHOT);
}

static int run(struct server *server)
{
	MHD_run(server->daemon);
	return arm_timer(server);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	(void)source;
	(void)fd;
	(void)events;
	return run(userdata);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	return run(userdata);
}

static int start(struct server *server, int fd, struct error *error)
{
	/* No MHD_USE_INTERNAL_POLLING_THREAD: the event loop is what polls. */
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, http_handle, &server->http,
		MHD_OPTION_URI_LOG_CALLBACK, http_begin, NULL, MHD_OPTION_NOTIFY_COMPLETED,
		http_end, NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		CONNECTION_LIMIT, MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT_SEC,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_LIMIT, MHD_OPTION_END);
	if (!server->daemon)
		return error_set(error, -EIO, "cannot start the HTTP server");
	return 0;
}

static int watch(sd_event *event, struct server *server, struct error *error)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int r = info ? sd_event_add_io(event, &server->io, info->epoll_fd, EPOLLIN, on_io, server)
		     : -EIO;

	if (r >= 0)
		r = sd_event_add_time_relative(event, &server->timer, CLOCK_MONOTONIC, 0,
					       TIMER_ACCURACY_USEC, on_timer, server);
	if (r >= 0)
		r = arm_timer(server);
	return r < 0 ? error_set(error, r, "cannot watch the HTTP server: %s", strerror(-r)) : 0;
}

int server_new(sd_event *event, struct api *api, enum server_kind kind, int fd, struct server **ret,
	       struct error *error)
{
	_cleanup_(server_freep) struct server *server = calloc(1, sizeof(*server));
	int r;

	if (!server) {
		close(fd);
		return error_set(error, -ENOMEM, "out of memory");
	}
	server->http = (struct http){.api = api, .is_public = kind == SERVER_LISTENER};
	r = start(server, fd, error);
	if (r >= 0)
		r = watch(event, server, error);
	if (r < 0)
		return r;
	*ret = STEAL(server);
	return 0;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	sd_event_source_disable_unref(server->io);
	sd_event_source_disable_unref(server->timer);
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	free(server);
}
