/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All receivers together. */
#include "notify/notify.h"

#include <errno.h>
#include <signal.h>

#include "notify/notifier.h"

struct notify {
	struct channel_context context;
	struct notify_outbox outbox;
	struct place *places; /* in the order of the configuration */
	size_t count;
};

struct place {
	struct notifier *notifier;
};

static void free_places(struct place *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		notifier_free(places[i].notifier);
	free(places);
}

/* Takes the one that goes on under @config out of what there is; NULL: none does. */
static struct notifier *take_over(struct notify *notify, const struct config_notify *config)
{
	for (size_t i = 0; i < notify->count; i++)
		if (notify->places[i].notifier &&
		    notifier_adopt(notify->places[i].notifier, config))
			return STEAL(notify->places[i].notifier);
	return NULL;
}

static int keep_only(struct notify *notify, const struct config *config, struct error *error)
{
	_cleanup_free_ const char **names = calloc(config->notify_count + 1, sizeof(*names));

	if (!names)
		return error_set(error, -ENOMEM, "notify: out of memory");
	for (size_t i = 0; i < config->notify_count; i++)
		names[i] = config->notify[i].name;
	return notify->outbox.keep(notify->outbox.userdata, names, config->notify_count, error);
}

/* Whoever could not be made is left out. Returns the first error. */
static int make_notifiers(struct notify *notify, const struct config *config, struct place *places,
			  size_t *ret_count, struct error *error)
{
	int first = 0, r;

	*ret_count = 0;
	for (size_t i = 0; i < config->notify_count; i++) {
		const struct config_notify *item = &config->notify[i];
		struct notifier *notifier = take_over(notify, item);

		r = notifier ? 0
			     : notifier_new(&notify->context, &notify->outbox, item, &notifier,
					    first < 0 ? NULL : error);
		if (r >= 0)
			places[(*ret_count)++].notifier = notifier;
		first = first < 0 ? first : r;
	}
	return first;
}

int notify_reconfigure(struct notify *notify, const struct config *config, struct error *error)
{
	struct place *places = calloc(config->notify_count + 1, sizeof(*places));
	size_t count;
	int kept, r;

	if (!places)
		return error_set(error, -ENOMEM, "notify: out of memory");
	r = make_notifiers(notify, config, places, &count, error);
	free_places(notify->places, notify->count);
	notify->places = places;
	notify->count = count;
	kept = keep_only(notify, config, r < 0 ? NULL : error);
	notify_kick(notify);
	return r < 0 ? r : kept;
}

/* What sd_event_add_child asks for. */
static void block_child_signal(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
}

int notify_new(sd_event *event, struct transfers *transfers, const struct config *config,
	       const struct notify_outbox *outbox, struct notify **ret, struct error *error)
{
	_cleanup_(notify_freep) struct notify *notify = calloc(1, sizeof(*notify));
	int r;

	if (!notify)
		return error_set(error, -ENOMEM, "notify: out of memory");
	block_child_signal();
	notify->context = (struct channel_context){.event = event, .transfers = transfers};
	notify->outbox = *outbox;
	r = notify_reconfigure(notify, config, error);
	if (r < 0)
		return r;
	*ret = STEAL(notify);
	return 0;
}

void notify_kick(struct notify *notify)
{
	for (size_t i = 0; i < notify->count; i++)
		notifier_kick(notify->places[i].notifier);
}

void notify_free(struct notify *notify)
{
	if (!notify)
		return;
	free_places(notify->places, notify->count);
	free(notify);
}

size_t notify_count(const struct notify *notify)
{
	return notify->count;
}

struct notify_report notify_report(const struct notify *notify, size_t index)
{
	return notifier_report(notify->places[index].notifier);
}
