/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The handlers of routes.c, each in the file of its resource. */
#ifndef SMTPFENCE_API_HANDLERS_H
#define SMTPFENCE_API_HANDLERS_H

#include "api/internal.h"

#define HANDLER(name)                                                                              \
	int name(struct api *api, struct request *request, struct reply *reply, struct error *error)

HANDLER(status_get);
HANDLER(blocks_list);
HANDLER(blocks_get);
HANDLER(blocks_add);
HANDLER(blocks_unblock);
HANDLER(check_get);
HANDLER(allow_list);
HANDLER(allow_add);
HANDLER(allow_remove);
HANDLER(counters_get);
HANDLER(rates_get);
HANDLER(risk_get);
HANDLER(notice_get);
HANDLER(interfaces_get);
HANDLER(feeds_get);
HANDLER(feeds_post_sync);
HANDLER(feeds_post_apply);
HANDLER(feeds_post_pause);
HANDLER(feeds_post_resume);
HANDLER(mode_get);
HANDLER(mode_put);
HANDLER(events_get);
HANDLER(version_get);
HANDLER(unload_post);
HANDLER(spam_list);
HANDLER(spam_get);
HANDLER(spam_stats);
HANDLER(spam_unblock);
HANDLER(metrics_get);
HANDLER(health_get);

#endif
