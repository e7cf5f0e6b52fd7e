/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the API share: a request, its reply, and who handles it. */
#ifndef SMTPFENCE_API_INTERNAL_H
#define SMTPFENCE_API_INTERNAL_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "api/api.h"

struct MHD_Connection;
struct client;
struct server;

struct api {
	struct api_context context;
	struct looks *looks;	 /* of those who ask how fast counters grow */
	gid_t group;		 /* may use the socket besides root; (gid_t)-1: nobody */
	struct server *socket;	 /* the Unix socket: everything */
	struct server *listener; /* TCP: /metrics and /healthz; NULL: none */
};

#define API_BODY_MAX	  ((size_t)64 * 1024)
#define API_ARGUMENTS_MAX 2

struct request {
	TAILQ_ENTRY(request) link; /* while it waits, see waiting.h */
	struct MHD_Connection *connection;
	struct client *client;
	char *path;			    /* as sent, percent signs and all, without the query */
	const char *method;		    /* HEAD is GET here */
	char *arguments[API_ARGUMENTS_MAX]; /* what stands for "{}", decoded; NULL: no more */
	char *body;			    /* at most API_BODY_MAX bytes are kept, and a NUL */
	size_t body_size;		    /* what came, kept or not */
	cJSON *json;			    /* the body, once body_read() has parsed it */
	uid_t uid;			    /* who asks, on the Unix socket */
	bool started;
	uint64_t wait_until; /* CLOCK_BOOTTIME, ns; 0: the handler has not been asked yet */
};

struct reply {
	unsigned int status;
	const char *type;
	char *body; /* owned */
	size_t size;
	char allow[32]; /* the methods a path knows, in an answer with 405 */
	char *link;	/* owned; the next page of a list; NULL: none */
};

/*
 * Fills @reply and returns 0, or sets @error: the code decides the status (see reply.c). Or returns
 * HANDLER_WAITS: it has nothing to say yet, and is asked again after the next event, or when
 * request->wait_until, which it has set, has come.
 */
#define HANDLER_WAITS 1
typedef int (*handler_fn)(struct api *api, struct request *request, struct reply *reply,
			  struct error *error);

#define API_QUERIES_MAX 4

struct route {
	const char *method;
	const char *pattern;		      /* "{}" stands for one part of the path */
	const char *queries[API_QUERIES_MAX]; /* parameters it knows */
	handler_fn handler;
	enum route_access { ROUTE_GROUP, ROUTE_ROOT, ROUTE_PUBLIC } access;
};

/* routes.c: sets request->arguments. -ENOENT; -EOPNOTSUPP: reply->allow has the right methods. */
int route_find(struct request *request, bool public_only, const struct route **ret,
	       struct reply *reply, struct error *error);

/* peer.c: root, or a member of api->group. Fills request->uid. -EACCES. */
int peer_check(const struct api *api, struct request *request, struct error *error);

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

#endif
