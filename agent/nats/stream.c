/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nats/stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BUCKET_MAX     64
#define HEARTBEAT_NSEC 1000000000LL
#define UNLIMITED      (-1)
/* To find the last value of each of a million keys takes a server some seconds. */
#define SUBSCRIBE_PATIENCE_MSEC 30000
#define OPERATION_HEADER	"KV-Operation" /* "DEL" or "PURGE" */

struct stream {
	natsConnection *connection;
	jsCtx *context;
	natsSubscription *subscription;
	char name[BUCKET_MAX + sizeof("KV_")];
	char subjects[BUCKET_MAX + sizeof("$KV..>")];
};

DEFINE_CLEANUP(jsStreamInfo *, jsStreamInfo_Destroy)
DEFINE_CLEANUP(jsConsumerInfo *, jsConsumerInfo_Destroy)
DEFINE_CLEANUP(jsMsgMetaData *, jsMsgMetaData_Destroy)

int stream_open(const struct link *link, const char *bucket, const char *domain,
		struct stream **ret, struct error *error)
{
	_cleanup_(stream_closep) struct stream *stream = calloc(1, sizeof(*stream));
	jsOptions options;
	natsStatus s;
	int r;

	if (!stream)
		return error_set(error, -ENOMEM, "out of memory");
	snprintf(stream->name, sizeof(stream->name), "KV_%.*s", BUCKET_MAX, bucket);
	snprintf(stream->subjects, sizeof(stream->subjects), "$KV.%.*s.>", BUCKET_MAX, bucket);
	r = link_open(link, &stream->connection, error);
	if (r < 0)
		return r;
	jsOptions_Init(&options);
	options.Domain = domain;
	options.Wait = LINK_PATIENCE_MSEC;
	s = natsConnection_JetStream(&stream->context, stream->connection, &options);
	if (s != NATS_OK)
		return link_error(s, error, "JetStream");
	*ret = STEAL(stream);
	return 0;
}

int stream_ask(struct stream *stream, struct stream_state *ret, struct error *error)
{
	_cleanup_(jsStreamInfo_Destroyp) jsStreamInfo *info = NULL;
	natsStatus s = js_GetStreamInfo(&info, stream->context, stream->name, NULL, NULL);

	if (s != NATS_OK)
		return link_error(s, error, "stream %s", stream->name);
	*ret = (struct stream_state){
		.created = (uint64_t)info->Created,
		.first = info->State.FirstSeq,
		.last = info->State.LastSeq,
		.count = info->State.Msgs,
	};
	return 0;
}

int stream_subscribe(struct stream *stream, uint64_t from, struct error *error)
{
	jsSubOptions options;
	jsOptions patient;
	natsStatus s;

	jsOptions_Init(&patient);
	patient.Wait = SUBSCRIBE_PATIENCE_MSEC;
	jsSubOptions_Init(&options);
	options.Stream = stream->name;
	options.Ordered = true;
	options.Config.Heartbeat = HEARTBEAT_NSEC;
	options.Config.DeliverPolicy = from ? js_DeliverByStartSequence : js_DeliverLastPerSubject;
	options.Config.OptStartSeq = from;
	s = js_SubscribeSync(&stream->subscription, stream->context, stream->subjects, &patient,
			     &options, NULL);
	/* What comes faster than it is taken waits; it is never dropped. */
	if (s == NATS_OK)
		s = natsSubscription_SetPendingLimits(stream->subscription, UNLIMITED, UNLIMITED);
	return s == NATS_OK ? 0 : link_error(s, error, "stream %s", stream->name);
}

/* Its subject is $KV.BUCKET.KEY, since nothing else was subscribed to. */
static int describe(const struct stream *stream, struct stream_message *ret, struct error *error)
{
	_cleanup_(jsMsgMetaData_Destroyp) jsMsgMetaData *data = NULL;
	natsStatus s = natsMsg_GetMetaData(&data, ret->message);
	const char *operation = NULL;
	uint64_t queued = 0;

	if (s != NATS_OK)
		return link_error(s, error, "stream %s: a message", stream->name);
	ret->key = natsMsg_GetSubject(ret->message) + strlen(stream->subjects) - 1;
	ret->deleted = natsMsgHeader_Get(ret->message, OPERATION_HEADER, &operation) == NATS_OK;
	ret->sequence = data->Sequence.Stream;
	ret->number = data->Sequence.Consumer;
	ret->pending = data->NumPending;
	natsSubscription_QueuedMsgs(stream->subscription, &queued);
	ret->behind = data->NumPending + queued;
	return 0;
}

int stream_next(struct stream *stream, int64_t msec, struct stream_message *ret,
		struct error *error)
{
	natsStatus s = natsSubscription_NextMsg(&ret->message, stream->subscription, msec);
	int r;

	if (s == NATS_TIMEOUT)
		return 0;
	if (s != NATS_OK)
		return link_error(s, error, "stream %s", stream->name);
	r = describe(stream, ret, error);
	if (r < 0)
		natsMsg_Destroy(ret->message);
	return r < 0 ? r : 1;
}

int stream_pending(struct stream *stream, uint64_t *ret, struct error *error)
{
	_cleanup_(jsConsumerInfo_Destroyp) jsConsumerInfo *info = NULL;
	natsStatus s = natsSubscription_GetConsumerInfo(&info, stream->subscription, NULL, NULL);

	if (s != NATS_OK)
		return link_error(s, error, "stream %s: its consumer", stream->name);
	*ret = info->NumPending;
	return 0;
}

void stream_close(struct stream *stream)
{
	if (!stream)
		return;
	/* First: on a live connection the next one can hang in libnats 3.4.1. */
	natsConnection_Close(stream->connection);
	natsSubscription_Destroy(stream->subscription);
	jsCtx_Destroy(stream->context);
	natsConnection_Destroy(stream->connection);
	free(stream);
}
