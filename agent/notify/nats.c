/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An event as a message to a stream of NATS JetStream; taken when the stream has stored it. */
#include <stdio.h>
#include <string.h>

#include "nats/publisher.h"
#include "nats/subject.h"
#include "notify/channel.h"

#define SUBJECT "smtp.event."

struct nats {
	struct channel channel;
	struct publisher *publisher; /* NULL: nothing was sent yet */
};

static void on_done(int code, const struct error *error, void *userdata)
{
	const struct channel *channel = userdata;

	channel->done(code, 0, error, channel->userdata);
}

static int make_publisher(struct nats *nats, struct error *error)
{
	const struct config_notify *config = nats->channel.config;
	const struct publisher_options options = {
		.link = link_configured(&config->link),
		.stream = config->stream,
		.domain = config->link.domain,
	};

	return publisher_new(nats->channel.context->event, &options, on_done, nats,
			     &nats->publisher, error);
}

/* The key is the message's id: of what is sent twice the stream keeps one. */
static int send(struct channel *channel, const struct notice *notice, struct error *error)
{
	struct nats *nats = (struct nats *)channel;
	char subject[sizeof(SUBJECT) + SUBJECT_HOST_MAX], host[SUBJECT_HOST_MAX];
	int r = nats->publisher ? 0 : make_publisher(nats, error);

	if (r < 0)
		return r;
	snprintf(subject, sizeof(subject), SUBJECT "%s", subject_host(host));
	return publisher_send(nats->publisher, subject, notice->key, notice->text,
			      strlen(notice->text), error);
}

static void close_nats(struct channel *channel)
{
	publisher_free(((struct nats *)channel)->publisher);
}

const struct channel_ops channel_nats = {
	.size = sizeof(struct nats),
	.send = send,
	.close = close_nats,
};
