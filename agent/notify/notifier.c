/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/notifier.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "notify/health.h"

#define TIMER_ACCURACY_US 100000
/* Requests, frames' ports and deadlines come first. */
#define PRIORITY (SD_EVENT_PRIORITY_NORMAL + 20)

#define KEY_MAX 64

struct notifier {
	const struct notify_outbox *outbox;
	const struct config_notify *config;
	struct channel *channel;
	sd_event_source *turn;	   /* enabled: it is due to look for an event */
	sd_event_source *pause;	   /* enabled: until the next attempt */
	int64_t position;	   /* id of the last event that it has */
	struct notify_event event; /* the one that is being sent; json NULL: none */
	char *text;		   /* of it */
	char key[KEY_MAX];
	bool is_sending;
	struct health health;
	uint64_t lost;
};

static const struct channel_ops *const kinds[] = {
	[CONFIG_NOTIFY_COMMAND] = &channel_command,
	[CONFIG_NOTIFY_WEBHOOK] = &channel_webhook,
	[CONFIG_NOTIFY_NATS] = &channel_nats,
};

static void drop_event(struct notifier *notifier)
{
	cJSON_Delete(STEAL(notifier->event.json));
	free(STEAL(notifier->text));
}

static void pause_for(struct notifier *notifier, uint64_t retry_after)
{
	sd_event_source_set_time_relative(notifier->pause,
					  health_pause_usec(&notifier->health, retry_after));
	sd_event_source_set_enabled(notifier->pause, SD_EVENT_ONESHOT);
}

/* Pruned before they could be sent: ids have no gaps otherwise. */
static void note_lost(struct notifier *notifier)
{
	int64_t lost = notifier->event.id - notifier->position - 1;

	if (lost <= 0)
		return;
	notifier->lost += (uint64_t)lost;
	log_error("notify: %s: %lld events are lost: they were older than the store keeps them",
		  notifier->config->name, (long long)lost);
}

/* The next event, ready to be sent. 1; 0: there is none; negative errno. */
static int take_event(struct notifier *notifier, struct error *error)
{
	const struct notify_outbox *outbox = notifier->outbox;
	int r = outbox->next(outbox->userdata, notifier->position, &notifier->event, error);

	if (r <= 0)
		return r;
	notifier->text = cJSON_PrintUnformatted(notifier->event.json);
	if (!notifier->text) {
		drop_event(notifier);
		return error_set(error, -ENOMEM, "out of memory");
	}
	snprintf(notifier->key, sizeof(notifier->key), "%s-%lld", outbox->origin,
		 (long long)notifier->event.id);
	note_lost(notifier);
	return 1;
}

static int send_event(struct notifier *notifier, struct error *error)
{
	const struct notice notice = {
		.event = notifier->event.json, .text = notifier->text, .key = notifier->key};
	int r = notifier->channel->ops->send(notifier->channel, &notice, error);

	notifier->is_sending = r >= 0;
	return r;
}

static int on_turn(sd_event_source *source, void *userdata)
{
	struct notifier *notifier = userdata;
	struct error error;
	int r = 1;

	(void)source;
	if (!notifier->event.json)
		r = take_event(notifier, &error);
	if (r > 0)
		r = send_event(notifier, &error);
	if (r >= 0)
		return 0;
	health_note_failure(&notifier->health, &error, true);
	pause_for(notifier, 0);
	return 0;
}

static void take_turn(struct notifier *notifier)
{
	sd_event_source_set_enabled(notifier->turn, SD_EVENT_ONESHOT);
}

static int on_pause(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	take_turn(userdata);
	return 0;
}

static bool is_on(sd_event_source *source)
{
	int enabled = SD_EVENT_OFF;

	sd_event_source_get_enabled(source, &enabled);
	return enabled != SD_EVENT_OFF;
}

void notifier_kick(struct notifier *notifier)
{
	if (!notifier->is_sending && !is_on(notifier->pause))
		take_turn(notifier);
}

static uint64_t pending(const struct notifier *notifier)
{
	const struct notify_outbox *outbox = notifier->outbox;
	int64_t newest;

	if (outbox->newest(outbox->userdata, &newest, NULL) < 0 || newest < notifier->position)
		return 0;
	return (uint64_t)(newest - notifier->position);
}

/* A store that cannot be written is told elsewhere; then this one may come twice. */
static void keep_position(struct notifier *notifier)
{
	const struct notify_outbox *outbox = notifier->outbox;
	struct error error;

	notifier->position = notifier->event.id;
	if (outbox->put(outbox->userdata, notifier->config->name, notifier->position, &error) < 0)
		log_warning("notify: %s: %s", notifier->config->name, error.text);
}

/* channel_done_fn */
static void on_done(int code, uint64_t retry_after, const struct error *error, void *userdata)
{
	struct notifier *notifier = userdata;

	notifier->is_sending = false;
	if (code < 0) {
		health_note_failure(&notifier->health, error, false);
		pause_for(notifier, retry_after);
		return;
	}
	keep_position(notifier);
	health_note_success(&notifier->health, pending(notifier));
	drop_event(notifier);
	take_turn(notifier);
}

static int add_channel(struct notifier *notifier, const struct channel_context *context,
		       struct error *error)
{
	const struct channel_ops *ops = kinds[notifier->config->kind];

	notifier->channel = calloc(1, ops->size);
	if (!notifier->channel)
		return error_set(error, -ENOMEM, "out of memory");
	*notifier->channel = (struct channel){
		.ops = ops,
		.context = context,
		.config = notifier->config,
		.done = on_done,
		.userdata = notifier,
	};
	return 0;
}

static int add_sources(struct notifier *notifier, sd_event *event, struct error *error)
{
	int r = sd_event_add_defer(event, &notifier->turn, on_turn, notifier);

	if (r >= 0)
		r = sd_event_source_set_priority(notifier->turn, PRIORITY);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &notifier->pause, CLOCK_BOOTTIME, 0,
					       TIMER_ACCURACY_US, on_pause, notifier);
	if (r >= 0)
		r = sd_event_source_set_enabled(notifier->pause, SD_EVENT_OFF);
	return r < 0 ? error_set(error, r, "notify: %s: %s", notifier->config->name, strerror(-r))
		     : 0;
}

/* A new one begins behind the newest event, and this is kept: it may be long until there is one. */
static int find_position(struct notifier *notifier, struct error *error)
{
	const struct notify_outbox *outbox = notifier->outbox;
	const char *name = notifier->config->name;
	int r = outbox->get(outbox->userdata, name, &notifier->position, error);

	if (r != -ENOENT)
		return r;
	r = outbox->newest(outbox->userdata, &notifier->position, error);
	return r < 0 ? r : outbox->put(outbox->userdata, name, notifier->position, error);
}

int notifier_new(const struct channel_context *context, const struct notify_outbox *outbox,
		 const struct config_notify *config, struct notifier **ret, struct error *error)
{
	_cleanup_(notifier_freep) struct notifier *notifier = calloc(1, sizeof(*notifier));
	int r;

	if (!notifier)
		return error_set(error, -ENOMEM, "out of memory");
	notifier->outbox = outbox;
	notifier->config = config;
	notifier->health.name = config->name;
	r = add_channel(notifier, context, error);
	if (r >= 0)
		r = add_sources(notifier, context->event, error);
	if (r >= 0)
		r = find_position(notifier, error);
	if (r < 0)
		return r;
	*ret = STEAL(notifier);
	return 0;
}

bool notifier_adopt(struct notifier *notifier, const struct config_notify *config)
{
	if (!config_same_notify(notifier->config, config))
		return false;
	notifier->config = config;
	notifier->channel->config = config;
	notifier->health.name = config->name;
	return true;
}

struct notify_report notifier_report(const struct notifier *notifier)
{
	struct notify_report report = {
		.name = notifier->config->name,
		.pending = pending(notifier),
		.lost = notifier->lost,
	};

	health_report(&notifier->health, &report);
	return report;
}

void notifier_free(struct notifier *notifier)
{
	if (!notifier)
		return;
	if (notifier->channel)
		notifier->channel->ops->close(notifier->channel);
	sd_event_source_disable_unref(notifier->turn);
	sd_event_source_disable_unref(notifier->pause);
	drop_event(notifier);
	free(notifier->channel);
	free(notifier);
}
