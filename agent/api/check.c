/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "api/handlers.h"
#include "api/input.h"
#include "api/reply.h"

static int read_addresses(const struct request *request, struct smtpfence_prefix *ret_source,
			  struct smtpfence_prefix *ret_destination, struct error *error)
{
	const char *source = input_query(request, "source");
	const char *destination = input_query(request, "destination");
	int r;

	if (!source)
		return error_set(error, -EINVAL, "source: missing");
	r = input_prefix("source", source, ret_source, error);
	if (r < 0)
		return r;
	*ret_destination = counters_check_destination(ret_source);
	return destination ? input_prefix("destination", destination, ret_destination, error) : 0;
}

int check_get(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	struct smtpfence_prefix source, destination;
	struct smtpfence_answer answer;
	int r = read_addresses(request, &source, &destination, error);

	if (r < 0)
		return r;
	r = counters_check(api->context.counters, &source, &destination, &answer, error);
	if (r < 0) /* what is wrong with the kernel's side is not the client's fault */
		return r == -EINVAL ? r : -EIO;
	return reply_json(reply, counters_check_json(&source, &destination, &answer), error);
}
