/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcurl's multi interface without a loop of its own: it says which sockets it waits for and until
 * when, and each is a source of the event loop.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "transfer/internal.h"

#define TIMER_ACCURACY_USEC 1000
#define USEC_PER_MSEC	    1000ULL

/* A connection that nobody uses is closed rather than kept for a feed's next interval. */
#define IDLE_CONNECTIONS_MAX 4L

struct transfers {
	sd_event *event;
	CURLM *multi;
	sd_event_source *timer;
	struct transfer *first;
};

static uint32_t events_of(int what)
{
	return (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
}

static int actions_of(uint32_t events)
{
	return (events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
	       (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
	       (events & EPOLLERR ? CURL_CSELECT_ERR : 0);
}

static void take_out(struct transfer *transfer)
{
	struct transfers *transfers = transfer->transfers;

	curl_multi_remove_handle(transfers->multi, transfer->curl);
	if (transfer->previous)
		transfer->previous->next = transfer->next;
	else
		transfers->first = transfer->next;
	if (transfer->next)
		transfer->next->previous = transfer->previous;
	transfer->previous = transfer->next = NULL;
}

static int put_in(struct transfers *transfers, struct transfer *transfer, struct error *error)
{
	CURLMcode code = curl_multi_add_handle(transfers->multi, transfer->curl);

	if (code != CURLM_OK)
		return error_set(error, -ENOMEM, "%s: %s", transfer->url_text,
				 curl_multi_strerror(code));
	transfer->transfers = transfers;
	transfer->next = transfers->first;
	if (transfer->next)
		transfer->next->previous = transfer;
	transfers->first = transfer;
	return 0;
}

/* 1: it goes on, at another URL; 0: an answer came; negative errno. */
static int conclude(struct transfer *transfer, CURLcode code, struct error *error)
{
	struct transfers *transfers = transfer->transfers;
	int r = transfer_outcome(transfer, code, error);

	take_out(transfer);
	if (r >= 0)
		r = transfer_redirect(transfer, error);
	if (r <= 0)
		return r;
	r = put_in(transfers, transfer, error);
	return r < 0 ? r : 1;
}

static void finish(struct transfer *transfer, CURLcode code)
{
	struct transfer_result result;
	struct error error = {};
	int r = conclude(transfer, code, &error);

	if (r > 0)
		return;
	result = transfer_result(transfer);
	transfer->done(r, &result, &error, transfer->userdata);
	transfer_free(transfer);
}

/* What libcurl has ended meanwhile. A `done` may change which transfers there are. */
static void collect(struct transfers *transfers)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(transfers->multi, &left))) {
		struct transfer *transfer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		finish(transfer, message->data.result);
	}
}

static void act(struct transfers *transfers, curl_socket_t fd, int actions)
{
	int running;

	curl_multi_socket_action(transfers->multi, fd, actions, &running);
	collect(transfers);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	(void)source;
	act(userdata, fd, actions_of(events));
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	act(userdata, CURL_SOCKET_TIMEOUT, 0);
	return 0;
}

/* CURLMOPT_SOCKETFUNCTION; @assigned is the source of @fd, once it has one. -1 fails the transfer.
 */
static int watch_socket(CURL *curl, curl_socket_t fd, int what, void *userdata, void *assigned)
{
	struct transfers *transfers = userdata;
	sd_event_source *source = assigned;

	(void)curl;
	if (what == CURL_POLL_REMOVE) {
		sd_event_source_disable_unref(source);
		curl_multi_assign(transfers->multi, fd, NULL);
		return 0;
	}
	if (source)
		return sd_event_source_set_io_events(source, events_of(what)) < 0 ? -1 : 0;
	if (sd_event_add_io(transfers->event, &source, fd, events_of(what), on_io, transfers) < 0)
		return -1;
	curl_multi_assign(transfers->multi, fd, source);
	return 0;
}

/* CURLMOPT_TIMERFUNCTION */
static int set_timer(CURLM *multi, long milliseconds, void *userdata)
{
	struct transfers *transfers = userdata;
	int r;

	(void)multi;
	if (milliseconds < 0)
		return sd_event_source_set_enabled(transfers->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
	r = sd_event_source_set_time_relative(transfers->timer,
					      (uint64_t)milliseconds * USEC_PER_MSEC);
	if (r >= 0)
		r = sd_event_source_set_enabled(transfers->timer, SD_EVENT_ONESHOT);
	return r < 0 ? -1 : 0;
}

static bool set_up_multi(struct transfers *transfers)
{
	CURLM *multi = transfers->multi;

	return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket) == CURLM_OK &&
	       curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, transfers) == CURLM_OK &&
	       curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer) == CURLM_OK &&
	       curl_multi_setopt(multi, CURLMOPT_TIMERDATA, transfers) == CURLM_OK &&
	       curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS_MAX) == CURLM_OK;
}

int transfers_new(sd_event *event, struct transfers **ret, struct error *error)
{
	_cleanup_(transfers_freep) struct transfers *transfers = NULL;
	int r;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(error, -EIO, "cannot set up libcurl");
	transfers = calloc(1, sizeof(*transfers));
	if (!transfers) {
		curl_global_cleanup();
		return error_set(error, -ENOMEM, "out of memory");
	}
	transfers->event = sd_event_ref(event);
	transfers->multi = curl_multi_init();
	if (!transfers->multi || !set_up_multi(transfers))
		return error_set(error, -ENOMEM, "out of memory");
	r = sd_event_add_time_relative(event, &transfers->timer, CLOCK_MONOTONIC, 0,
				       TIMER_ACCURACY_USEC, on_timer, transfers);
	if (r >= 0)
		r = sd_event_source_set_enabled(transfers->timer, SD_EVENT_OFF);
	if (r < 0)
		return error_set(error, r, "cannot set up transfers: %s", strerror(-r));
	*ret = STEAL(transfers);
	return 0;
}

void transfers_free(struct transfers *transfers)
{
	if (!transfers)
		return;
	while (transfers->first)
		transfer_cancel(transfers->first);
	curl_multi_cleanup(transfers->multi);
	sd_event_source_disable_unref(transfers->timer);
	sd_event_unref(transfers->event);
	free(transfers);
	curl_global_cleanup();
}

int transfer_start(struct transfers *transfers, const struct transfer_request *request,
		   struct transfer **ret, struct error *error)
{
	_cleanup_(transfer_freep) struct transfer *transfer = NULL;
	int r = transfer_new(request, &transfer, error);

	if (r >= 0)
		r = put_in(transfers, transfer, error);
	if (r < 0)
		return r;
	*ret = STEAL(transfer);
	return 0;
}

void transfer_cancel(struct transfer *transfer)
{
	take_out(transfer);
	transfer_free(transfer);
}
