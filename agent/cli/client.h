/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP/JSON over the daemon's Unix socket. */
#ifndef SMTPFENCE_CLI_CLIENT_H
#define SMTPFENCE_CLI_CLIENT_H

#include <cjson/cJSON.h>

#include "base/error.h"

/*
 * One request. @body may be NULL; @ret is JSON's null where the answer is empty. On an error @error
 * says what, in the daemon's words where it has some:
 *
 *   -ENOTCONN   nobody listens on @socket
 *   -EACCES     the socket or the daemon refuses this user
 *   -EINVAL     the daemon calls the request bad
 *   -ENOENT     it knows no such thing
 *   -EBUSY      it refuses for another reason
 *   -EREMOTEIO  it failed, or its answer is not what it should be
 */
int client_request(const char *socket, const char *method, const char *target, const cJSON *body,
		   cJSON **ret, struct error *error);

/*
 * GET of a list that may have more pages: @ret_next is the target of the page behind this one,
 * owned by the caller, or NULL.
 */
int client_page(const char *socket, const char *target, cJSON **ret, char **ret_next,
		struct error *error);

/* @before, @text URL-encoded, @after. Owned by the caller; NULL: out of memory. */
char *client_target(const char *before, const char *text, const char *after);

struct client_parameter {
	const char *name;
	const char *value; /* NULL: left out */
};

/* @path and its query. Owned by the caller; NULL: out of memory. */
char *client_query(const char *path, const struct client_parameter *parameters, size_t count);

#endif
