/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nats://, tls://: a message to a stream of JetStream, delivered when the stream has stored it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "nats/publisher.h"
#include "nats/subject.h"
#include "usage/carrier.h"

#define SUBJECT	    "smtp.usage."
#define SUBJECT_MAX (sizeof(SUBJECT) + SUBJECT_HOST_MAX)
#define ID_MAX	    (SUBJECT_HOST_MAX + 48)

struct nats {
	struct carrier carrier;
	struct publisher *publisher;
	char host[SUBJECT_HOST_MAX]; /* as one token of a subject */
};

static void on_done(int code, const struct error *error, void *userdata)
{
	const struct nats *nats = userdata;
	const struct carrier_context *context = &nats->carrier.context;
	enum carrier_outcome outcome = code >= 0	   ? CARRIER_DELIVERED
				       : code == -EMSGSIZE ? CARRIER_REFUSED
							   : CARRIER_FAILED;

	context->done(outcome, error, 0, context->userdata);
}

static int open_nats(struct carrier *carrier, struct error *error)
{
	struct nats *nats = (struct nats *)carrier;
	const struct config_usage *config = carrier->context.config;
	const struct publisher_options options = {
		.link = link_configured(&config->link),
		.stream = config->stream,
		.domain = config->link.domain,
	};

	subject_host(nats->host);
	return publisher_new(carrier->context.event, &options, on_done, nats, &nats->publisher,
			     error);
}

/* The id is the same whenever this report is sent again, and never that of another one. */
static int send_nats(struct carrier *carrier, const struct spool_report *report, const char *text,
		     struct error *error)
{
	const struct nats *nats = (const struct nats *)carrier;
	char subject[SUBJECT_MAX], id[ID_MAX];

	snprintf(subject, sizeof(subject), SUBJECT "%s", nats->host);
	snprintf(id, sizeof(id), "%s-%" PRIu64 "-%" PRId64, nats->host, report->number,
		 report->written);
	return publisher_send(nats->publisher, subject, id, text, report->size, error);
}

static void close_nats(struct carrier *carrier)
{
	publisher_free(((struct nats *)carrier)->publisher);
}

const struct carrier_ops carrier_nats = {
	.size = sizeof(struct nats),
	.open = open_nats,
	.send = send_nats,
	.close = close_nats,
};
