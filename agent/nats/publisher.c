/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nats/publisher.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/* What is to be sent; owned by whoever holds it. */
struct message {
	char *subject, *id;
	void *data;
	int size;
};

/* What both sides share. It is freed by the thread, which ends when nobody wants it any more. */
struct shared {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int fd; /* written to when `code` and `error` say what came of a message */
	bool abandoned;
	struct message *message; /* to be sent; NULL: none */
	int code;
	struct error error;
	/* the thread's own */
	struct link *link;
	char *stream, *domain;
	natsConnection *connection; /* NULL: none is open */
	jsCtx *context;
};

struct publisher {
	struct shared *shared;
	sd_event_source *source;
	publisher_done_fn done;
	void *userdata;
};

static void message_free(struct message *message)
{
	if (!message)
		return;
	free(message->subject);
	free(message->id);
	free(message->data);
	free(message);
}

DEFINE_CLEANUP(struct message *, message_free)

static void disconnect(struct shared *shared)
{
	jsCtx_Destroy(shared->context);
	natsConnection_Close(shared->connection);
	natsConnection_Destroy(shared->connection);
	shared->context = NULL;
	shared->connection = NULL;
}

static void shared_free(struct shared *shared)
{
	if (!shared)
		return;
	disconnect(shared);
	message_free(shared->message);
	link_free(shared->link);
	free(shared->stream);
	free(shared->domain);
	if (shared->fd >= 0)
		close(shared->fd);
	pthread_cond_destroy(&shared->changed);
	pthread_mutex_destroy(&shared->lock);
	free(shared);
}

DEFINE_CLEANUP(struct shared *, shared_free)

static int connect(struct shared *shared, struct error *error)
{
	jsOptions options;
	natsStatus s;
	int r = link_open(shared->link, &shared->connection, error);

	if (r < 0)
		return r;
	jsOptions_Init(&options);
	options.Domain = shared->domain;
	options.Wait = LINK_PATIENCE_MSEC;
	s = natsConnection_JetStream(&shared->context, shared->connection, &options);
	return s == NATS_OK ? 0 : link_error(s, error, "JetStream");
}

static int publish(struct shared *shared, const struct message *message, struct error *error)
{
	jsPubOptions options;
	jsErrCode detail = 0;
	natsStatus s;

	if (message->size > natsConnection_GetMaxPayload(shared->connection))
		return error_set(
			error, -EMSGSIZE, "a message of %d bytes: the server takes at most %jd",
			message->size, (intmax_t)natsConnection_GetMaxPayload(shared->connection));
	jsPubOptions_Init(&options);
	options.MaxWait = LINK_PATIENCE_MSEC;
	options.MsgId = message->id;
	options.ExpectStream = shared->stream;
	s = js_Publish(NULL, shared->context, message->subject, message->data, message->size,
		       &options, &detail);
	return s == NATS_OK ? 0
			    : link_error(s, error, "stream %s, subject %s", shared->stream,
					 message->subject);
}

/* Whatever went wrong, the next message gets a new connection. */
static int send_message(struct shared *shared, const struct message *message, struct error *error)
{
	int r = 0;

	if (natsConnection_IsClosed(shared->connection))
		disconnect(shared);
	if (!shared->connection)
		r = connect(shared, error);
	if (r >= 0)
		r = publish(shared, message, error);
	if (r < 0)
		disconnect(shared);
	return r;
}

/* The next message, or NULL when the publisher is gone. */
static struct message *wait_for_message(struct shared *shared)
{
	struct message *message;

	pthread_mutex_lock(&shared->lock);
	while (!shared->message && !shared->abandoned)
		pthread_cond_wait(&shared->changed, &shared->lock);
	message = shared->abandoned ? NULL : STEAL(shared->message);
	pthread_mutex_unlock(&shared->lock);
	return message;
}

static void tell(struct shared *shared, int code, const struct error *error)
{
	pthread_mutex_lock(&shared->lock);
	shared->code = code;
	shared->error = *error;
	pthread_mutex_unlock(&shared->lock);
	eventfd_write(shared->fd, 1);
}

static void *run(void *userdata)
{
	struct shared *shared = userdata;
	struct message *message;

	while ((message = wait_for_message(shared))) {
		struct error error = {0};
		int r = send_message(shared, message, &error);

		message_free(message);
		tell(shared, r, &error);
	}
	shared_free(shared);
	nats_ReleaseThreadMemory();
	return NULL;
}

static int on_told(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct publisher *publisher = userdata;
	struct shared *shared = publisher->shared;
	struct error error;
	eventfd_t count;
	int code;

	(void)source;
	(void)events;
	if (eventfd_read(fd, &count) < 0)
		return 0;
	pthread_mutex_lock(&shared->lock);
	code = shared->code;
	error = shared->error;
	pthread_mutex_unlock(&shared->lock);
	publisher->done(code, &error, publisher->userdata);
	return 0;
}

static bool copy(char **ret, const char *text)
{
	*ret = text ? strdup(text) : NULL;
	return *ret || !text;
}

/* NULL: out of memory or descriptors; @error is set. */
static struct shared *shared_new(const struct publisher_options *options, struct error *error)
{
	_cleanup_(shared_freep) struct shared *shared = calloc(1, sizeof(*shared));

	if (!shared) {
		error_set(error, -ENOMEM, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&shared->lock, NULL);
	pthread_cond_init(&shared->changed, NULL);
	shared->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (shared->fd < 0 || link_new(&options->link, &shared->link, error) < 0 ||
	    !copy(&shared->stream, options->stream) || !copy(&shared->domain, options->domain)) {
		error_set(error, -ENOMEM, "out of memory or descriptors");
		return NULL;
	}
	return STEAL(shared);
}

/* Signals are the event loop's. From here on the thread owns @shared. */
static int start_thread(struct shared *shared)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int r;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attributes, run, shared);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -r;
}

/* Gets ready to be told of what @shared has sent. */
static int watch(struct publisher *publisher, sd_event *event, struct shared *shared,
		 struct error *error)
{
	int r = sd_event_add_io(event, &publisher->source, shared->fd, EPOLLIN, on_told, publisher);

	if (r >= 0)
		r = start_thread(shared);
	if (r < 0)
		return error_set(error, r, "cannot start a thread: %s", strerror(-r));
	publisher->shared = shared;
	return 0;
}

int publisher_new(sd_event *event, const struct publisher_options *options, publisher_done_fn done,
		  void *userdata, struct publisher **ret, struct error *error)
{
	_cleanup_(publisher_freep) struct publisher *publisher = calloc(1, sizeof(*publisher));
	struct shared *shared;
	int r;

	if (!publisher)
		return error_set(error, -ENOMEM, "out of memory");
	publisher->done = done;
	publisher->userdata = userdata;
	shared = shared_new(options, error);
	if (!shared)
		return -ENOMEM;
	r = watch(publisher, event, shared, error);
	if (r < 0) {
		publisher->source = sd_event_source_disable_unref(publisher->source);
		shared_free(shared);
		return r;
	}
	*ret = STEAL(publisher);
	return 0;
}

static int message_new(const char *subject, const char *id, const void *data, size_t size,
		       struct message **ret)
{
	_cleanup_(message_freep) struct message *message = calloc(1, sizeof(*message));

	if (!message || size > INT_MAX)
		return -ENOMEM;
	message->data = malloc(size + 1);
	if (!message->data || !copy(&message->subject, subject) || !copy(&message->id, id))
		return -ENOMEM;
	memcpy(message->data, data, size);
	message->size = (int)size;
	*ret = STEAL(message);
	return 0;
}

int publisher_send(struct publisher *publisher, const char *subject, const char *id,
		   const void *data, size_t size, struct error *error)
{
	struct shared *shared = publisher->shared;
	struct message *message = NULL;
	int r = message_new(subject, id, data, size, &message);

	if (r < 0)
		return error_set(error, r, "out of memory");
	pthread_mutex_lock(&shared->lock);
	shared->message = message;
	pthread_cond_signal(&shared->changed);
	pthread_mutex_unlock(&shared->lock);
	return 0;
}

void publisher_free(struct publisher *publisher)
{
	struct shared *shared;

	if (!publisher)
		return;
	shared = publisher->shared;
	sd_event_source_disable_unref(publisher->source);
	if (shared) {
		pthread_mutex_lock(&shared->lock);
		shared->abandoned = true;
		pthread_cond_signal(&shared->changed);
		pthread_mutex_unlock(&shared->lock);
	}
	free(publisher);
}
