/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A transfer whose body is kept in a file without a name beside the database: nobody else can open
 * it, and nothing of it is left when the daemon ends, however it does.
 */
#ifndef SMTPFENCE_FEED_DOWNLOAD_H
#define SMTPFENCE_FEED_DOWNLOAD_H

#include <stdio.h>

#include "config/config.h"
#include "transfer/transfer.h"

struct download; /* valid until `done` is called or download_cancel */

/*
 * As transfer_done_fn. Where @code is 0, @content is the whole body from its beginning, empty
 * unless the status was 200 to 299; the callee closes it.
 */
typedef void (*download_done_fn)(int code, const struct transfer_result *result, FILE *content,
				 const struct error *error, void *userdata);

/* `write`, `done` and `userdata` of @request are this part's own. 0 or a negative errno. */
int download_start(struct transfers *transfers, const struct config *config,
		   const struct transfer_request *request, download_done_fn done, void *userdata,
		   struct download **ret, struct error *error);

/* `done` is not called any more. */
void download_cancel(struct download *download);

#endif
