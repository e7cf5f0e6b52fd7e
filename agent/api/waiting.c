/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/waiting.h"

#include <microhttpd.h>

#include "api/clients.h"

void waiting_init(struct waiting *waiting)
{
	TAILQ_INIT(&waiting->list);
}

void waiting_add(struct waiting *waiting, struct request *request)
{
	TAILQ_INSERT_TAIL(&waiting->list, request, link);
	MHD_suspend_connection(request->connection);
}

static void wake(struct waiting *waiting, struct request *request)
{
	TAILQ_REMOVE(&waiting->list, request, link);
	MHD_resume_connection(request->connection);
}

void waiting_wake_all(struct waiting *waiting)
{
	while (!TAILQ_EMPTY(&waiting->list))
		wake(waiting, TAILQ_FIRST(&waiting->list));
}

void waiting_wake_due(struct waiting *waiting, uint64_t now)
{
	struct request *request = TAILQ_FIRST(&waiting->list), *next;

	for (; request; request = next) {
		next = TAILQ_NEXT(request, link);
		if (now >= request->wait_until || request->client->leaving)
			wake(waiting, request);
	}
}

uint64_t waiting_next(const struct waiting *waiting)
{
	const struct request *request;
	uint64_t next = 0;

	TAILQ_FOREACH (request, &waiting->list, link) {
		if (next == 0 || request->wait_until < next)
			next = request->wait_until;
	}
	return next;
}
