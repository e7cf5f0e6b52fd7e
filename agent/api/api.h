/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP/JSON on a Unix socket for everything, and on a TCP listener for /metrics and /healthz only.
 * Runs inside the daemon's event loop: no threads.
 *
 *   GET    /v1/status                          the object of `status -j`
 *   GET    /v1/blocks?state=&in=&limit=&after= the array of `list -j`, in pages (see page.h)
 *   GET    /v1/blocks/{prefix}                 the object of `show -j`; 404
 *   POST   /v1/blocks                          {prefix, time?, reason?, force?} -> the row
 *   POST   /v1/blocks/{prefix}/unblock         {force?, forgive?} -> the row; 404, 409
 *   GET    /v1/check?source=&destination=      the object of `check -j`
 *   GET    /v1/allow                           [{prefix, origin: "config"|"manual", added, reason}]
 *   POST   /v1/allow                           {prefix, reason?}; 409 if there already
 *   DELETE /v1/allow/{prefix}                  404; 409 if it stands in the configuration
 *   GET    /v1/counters?sort=&top=             the array of `counters -j`
 *   GET    /v1/rates?since=&sort=&top=         how fast the counters grow, see counters/rates.h
 *   GET    /v1/risk?top=                       the array of `risk -j`
 *   GET    /v1/notice/{prefix}                 the object of `notice -j`; 404: it is not blocked
 *   GET    /v1/interfaces                      the array of `interfaces -j`
 *   GET    /v1/feeds                           the array in status.feeds
 *   GET    /v1/mode, PUT /v1/mode              {mode}
 *   GET    /v1/events?after=&limit=&wait=      the events with an id above `after`, oldest first;
 *                                              without it the last ones; each also carries "id".
 *                                              Where there are none it waits for one, `wait`
 *                                              seconds at most
 *   GET    /v1/version                         {version, schema, pid}
 *   POST   /v1/unload                          takes enforcement away and ends the daemon; root
 *   GET    /metrics, /healthz
 *
 *   GET    /ip/{block}/spam…                   OVHcloud's calls, see spam.h
 *
 * share/openapi.yaml is the whole of it. {prefix} is URL-encoded. Bodies are JSON objects of at
 * most 64 KiB with Content-Type application/json. Errors are {"message":"…"} with 400 403 404 405
 * 409 413 415 500 503 507. Root and the members of api.group may use the socket, unload is for
 * root; peer credentials decide. Where the group does not exist, only root may.
 */
#ifndef SMTPFENCE_API_API_H
#define SMTPFENCE_API_API_H

#include <systemd/sd-event.h>

#include "config/config.h"
#include "counters/counters.h"
#include "feed/feed.h"
#include "fence/fence.h"
#include "ledger/ledger.h"
#include "notify/notify.h"
#include "store/store.h"
#include "usage/usage.h"

/* What the answers are made from; borrowed, and alive as long as the API is. */
struct api_context {
	const struct config *config; /* the running one; set anew by api_reconfigure */
	struct ledger *ledger;
	struct fence *fence;
	struct feeds *feeds;
	struct notify *notify;
	struct store *store; /* read only: events, evidence, allowlist */
	struct counters *counters;
	struct usage *usage;
	/* Problems that only the daemon knows (a refused reload, …), one text each, for status. */
	const char *const *problems;
	size_t problem_count;
	/* POST /v1/unload: must take everything away and end the loop. */
	int (*unload)(void *userdata, struct error *error);
	void *userdata;
};

struct api;

int api_new(sd_event *event, const struct api_context *context, struct api **ret,
	    struct error *error);

/* There are new events: for whoever waits for them. */
void api_events_added(struct api *api);

/* The context changed. The socket and the listener stay where they are. */
void api_reconfigure(struct api *api, const struct api_context *context);

void api_free(struct api *api);
DEFINE_CLEANUP(struct api *, api_free)

#endif
