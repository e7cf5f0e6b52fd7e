/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells receivers, webhooks and commands, of every event. Each of them gets every event, in the
 * order of their ids, one at a time: the next one is sent when this one has been taken, and what
 * fails is tried again, for ever, with growing pauses. How far each has got is on disk, so that
 * neither an outage of the receiver nor an end of the daemon loses any; one that was on its way
 * when the daemon ended comes again, under the same key. A new receiver begins with the next event
 * there is. No receiver waits for another, and nobody waits for receivers.
 *
 * Who is away for so long that the events he has not had are pruned (AUDIT_MAX of the store) loses
 * those, which is counted and logged.
 */
#ifndef SMTPFENCE_NOTIFY_NOTIFY_H
#define SMTPFENCE_NOTIFY_NOTIFY_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <systemd/sd-event.h>

#include "config/config.h"
#include "transfer/transfer.h"

struct notify_event {
	int64_t id;  /* ever growing, without gaps */
	cJSON *json; /* owned: an object of texts, numbers, null and arrays */
};

/* Where events come from, and where it is kept how far each receiver has got. */
struct notify_outbox {
	/* The first one behind @after. 1; 0: there is none; negative errno. */
	int (*next)(void *userdata, int64_t after, struct notify_event *ret, struct error *error);
	/* The id of the newest event there ever was. */
	int (*newest)(void *userdata, int64_t *ret, struct error *error);
	/* The id of the last event that @receiver has. -ENOENT: a new one. */
	int (*get)(void *userdata, const char *receiver, int64_t *ret, struct error *error);
	int (*put)(void *userdata, const char *receiver, int64_t id, struct error *error);
	/* Forgets all but these. */
	int (*keep)(void *userdata, const char *const *receivers, size_t count,
		    struct error *error);
	const char *origin; /* what ids are unique within, a word of its own for each store */
	void *userdata;
};

struct notify;

/* @config stays until notify_reconfigure; @transfers and @outbox's strings until notify_free. */
int notify_new(sd_event *event, struct transfers *transfers, const struct config *config,
	       const struct notify_outbox *outbox, struct notify **ret, struct error *error);

/* Who is configured as before goes on undisturbed. */
int notify_reconfigure(struct notify *notify, const struct config *config, struct error *error);

/* There are new events. Does nothing yet, only sees to it that something is done. */
void notify_kick(struct notify *notify);

/* What is under way is given up: it comes again. */
void notify_free(struct notify *notify);
DEFINE_CLEANUP(struct notify *, notify_free)

#define NOTIFY_PATIENCE 60 /* s */

struct notify_report {
	const char *name;
	uint64_t pending;     /* events that the receiver has not had */
	int64_t last_success; /* s since 1970; 0: none since the start */
	bool is_failing;      /* the last attempt has failed, and `error` says how */
	bool is_degraded;     /* so for NOTIFY_PATIENCE, or for a reason on this host */
	const char *error;    /* the last one since the start; NULL: none */
	uint64_t deliveries, errors, lost; /* since the start */
};

size_t notify_count(const struct notify *notify);
/* Texts are valid until the event loop runs again. */
struct notify_report notify_report(const struct notify *notify, size_t index);

#endif
