/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests that wait for something to happen (see HANDLER_WAITS). Their connections are suspended:
 * libmicrohttpd does nothing about them, not even notice that they are closed, until they are woken
 * here, which lets their handlers be asked again.
 */
#ifndef SMTPFENCE_API_WAITING_H
#define SMTPFENCE_API_WAITING_H

#include "api/internal.h"

struct waiting {
	TAILQ_HEAD(waiting_list, request) list;
};

void waiting_init(struct waiting *waiting);

/* From inside its handler's call. */
void waiting_add(struct waiting *waiting, struct request *request);

void waiting_wake_all(struct waiting *waiting);

/* Only who has waited long enough, or has lost his place. */
void waiting_wake_due(struct waiting *waiting, uint64_t now);

/* When the next one has waited long enough; CLOCK_BOOTTIME ns, 0: nobody waits. */
uint64_t waiting_next(const struct waiting *waiting);

#endif
