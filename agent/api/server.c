/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libmicrohttpd without threads: it waits on an epoll descriptor of its own, which is one more
 * source of the event loop, and its idle timeouts are one timer. Connections are accepted here, so
 * that it is known whose they are (see clients.h).
 */
#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "api/clients.h"
#include "api/http.h"
#include "api/server.h"
#include "base/clock.h"

/* Those that are sent away are still there until libmicrohttpd has run. */
#define CONNECTION_LIMIT	(2U * CLIENTS_MAX)
#define CONNECTION_TIMEOUT_SEC	10U
#define CONNECTION_MEMORY_LIMIT ((size_t)32 * 1024)

/* The rest of the daemon has its turn as well. */
#define ACCEPTS_A_TURN 16
#define RUNS_A_TURN    16

#define TIMER_ACCURACY_USEC 1000
/* Many events in a row wake whoever waits for them once. */
#define WAKE_DELAY_USEC 10000
#define SWEEP_USEC	(5 * 1000000ULL)

struct server {
	struct http http;
	struct MHD_Daemon *daemon;
	struct clients clients;
	struct client *accepted; /* on its way to on_connection */
	int fd;			 /* listens */
	sd_event_source *listen, *io, *timer, *sweep, *wake;
};

/* Until somebody has to be seen to, by libmicrohttpd or by us; USEC_MAX: nobody. */
static uint64_t usec_to_next(const struct server *server)
{
	MHD_UNSIGNED_LONG_LONG milliseconds;
	uint64_t now = clock_boot_ns(), next = waiting_next(&server->http.waiting);
	uint64_t usec = UINT64_MAX;

	if (MHD_get_timeout(server->daemon, &milliseconds) == MHD_YES)
		usec = milliseconds * 1000;
	if (next == 0)
		return usec;
	next = next > now ? (next - now) / NSEC_PER_USEC + 1 : 0;
	return next < usec ? next : usec;
}

static int arm_timer(struct server *server)
{
	uint64_t usec = usec_to_next(server);
	int r;

	if (usec == UINT64_MAX)
		return sd_event_source_set_enabled(server->timer, SD_EVENT_OFF);
	r = sd_event_source_set_time_relative(server->timer, usec);
	return r < 0 ? r : sd_event_source_set_enabled(server->timer, SD_EVENT_ONESHOT);
}

/*
 * Whoever can go on at once does: the timer would come a millisecond later, and whatever else is
 * due in between.
 */
static int run(struct server *server)
{
	int turns = 0;

	waiting_wake_due(&server->http.waiting, clock_boot_ns());
	do
		MHD_run(server->daemon);
	while (usec_to_next(server) == 0 && ++turns < RUNS_A_TURN);
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

static int on_wake(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct server *server = userdata;

	(void)source;
	(void)usec;
	waiting_wake_all(&server->http.waiting);
	return run(server);
}

void server_wake(struct server *server)
{
	int enabled = SD_EVENT_OFF;

	sd_event_source_get_enabled(server->wake, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	sd_event_source_set_time_relative(server->wake, WAKE_DELAY_USEC);
	sd_event_source_set_enabled(server->wake, SD_EVENT_ONESHOT);
}

/* As long as anybody is connected. */
static int on_sweep(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct server *server = userdata;
	int r;

	(void)usec;
	clients_sweep(&server->clients, clock_boot_ns());
	if (TAILQ_EMPTY(&server->clients.list))
		return 0;
	r = sd_event_source_set_time_relative(source, SWEEP_USEC);
	return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* MHD_NotifyConnectionCallback: its connection and our client find each other. */
static void on_connection(void *userdata, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct server *server = userdata;

	(void)connection;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*context = STEAL(server->accepted);
	else
		client_free(STEAL(*context));
}

/* libmicrohttpd closes @fd, whatever comes of it. */
static void take_in(struct server *server, int fd, const struct sockaddr_storage *address,
		    socklen_t length)
{
	server->accepted = clients_add(&server->clients, fd);
	if (server->accepted)
		MHD_add_connection(server->daemon, fd, (const struct sockaddr *)address, length);
	else
		close(fd);
	client_free(STEAL(server->accepted));
}

static int on_listen(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct server *server = userdata;
	int enabled = SD_EVENT_OFF;

	(void)events;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		struct sockaddr_storage address = {};
		socklen_t length = sizeof(address);
		int client = accept4(fd, (struct sockaddr *)&address, &length,
				     SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (client < 0)
			break;
		take_in(server, client, &address, length);
	}
	(void)source;
	sd_event_source_get_enabled(server->sweep, &enabled);
	if (enabled == SD_EVENT_OFF)
		on_sweep(server->sweep, 0, server);
	return run(server);
}

static int start(struct server *server, struct error *error)
{
	/* No MHD_USE_INTERNAL_POLLING_THREAD: the event loop is what polls. */
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		http_handle, &server->http, MHD_OPTION_URI_LOG_CALLBACK, http_begin, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, http_end, NULL, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, server, MHD_OPTION_CONNECTION_LIMIT, CONNECTION_LIMIT,
		MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT_SEC,
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
		r = sd_event_add_io(event, &server->listen, server->fd, EPOLLIN, on_listen, server);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &server->timer, CLOCK_MONOTONIC, 0,
					       TIMER_ACCURACY_USEC, on_timer, server);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &server->sweep, CLOCK_MONOTONIC, 0,
					       SWEEP_USEC, on_sweep, server);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &server->wake, CLOCK_MONOTONIC,
					       WAKE_DELAY_USEC, TIMER_ACCURACY_USEC, on_wake,
					       server);
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
	server->fd = fd;
	clients_init(&server->clients);
	server->http = (struct http){.api = api, .is_public = kind == SERVER_LISTENER};
	waiting_init(&server->http.waiting);
	r = start(server, error);
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
	sd_event_source_disable_unref(server->listen);
	sd_event_source_disable_unref(server->io);
	sd_event_source_disable_unref(server->timer);
	sd_event_source_disable_unref(server->sweep);
	sd_event_source_disable_unref(server->wake);
	waiting_wake_all(&server->http.waiting);
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	close(server->fd);
	free(server);
}
