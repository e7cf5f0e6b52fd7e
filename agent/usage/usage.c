/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The receivers that a configuration names. */
#include "usage/usage.h"

#include <errno.h>

#include "usage/receiver.h"

struct receivers {
	struct receiver **items; /* in the configuration's order */
	size_t count;
};

struct usage {
	struct receiver_context context;
	struct receivers receivers;
};

static void receivers_clear(struct receivers *receivers)
{
	for (size_t i = 0; i < receivers->count; i++)
		receiver_free(receivers->items[i]);
	free(receivers->items);
}

int usage_new(sd_event *event, struct transfers *transfers, struct counters *counters,
	      const struct config *config, struct usage **ret, struct error *error)
{
	_cleanup_(usage_freep) struct usage *usage = calloc(1, sizeof(*usage));
	int r;

	if (!usage)
		return error_set(error, -ENOMEM, "usage: out of memory");
	usage->context = (struct receiver_context){
		.event = sd_event_ref(event), .transfers = transfers, .counters = counters};
	r = usage_reconfigure(usage, config, error);
	if (r < 0)
		return r;
	*ret = STEAL(usage);
	return 0;
}

/* Where the receiver stands that can go on with @config, or NULL. */
static struct receiver **find_fitting(const struct usage *usage, const struct config_usage *config)
{
	for (size_t i = 0; i < usage->receivers.count; i++) {
		struct receiver **receiver = &usage->receivers.items[i];

		if (*receiver && receiver_fits(*receiver, config))
			return receiver;
	}
	return NULL;
}

/* A receiver for everything that has none to go on with; the other places stay empty. */
static int make_missing(const struct usage *usage, const struct config *config,
			struct receivers *ret, struct error *error)
{
	int r = 0;

	ret->items = calloc(config->usage_count + 1, sizeof(struct receiver *));
	if (!ret->items)
		return error_set(error, -ENOMEM, "usage: out of memory");
	ret->count = config->usage_count;
	for (size_t i = 0; i < ret->count && r >= 0; i++)
		if (!find_fitting(usage, &config->usage[i]))
			r = receiver_new(&usage->context, &config->usage[i], &ret->items[i], error);
	return r;
}

int usage_reconfigure(struct usage *usage, const struct config *config, struct error *error)
{
	_cleanup_(receivers_clear) struct receivers next = {0};
	struct receivers old = usage->receivers;
	int r;

	/* Until all that can fail is done, the old set stays as it is. */
	r = make_missing(usage, config, &next, error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < next.count; i++) {
		struct receiver **from = find_fitting(usage, &config->usage[i]);

		if (!from)
			continue;
		next.items[i] = STEAL(*from);
		receiver_adopt(next.items[i], &config->usage[i]);
	}
	usage->receivers = next;
	next = old;
	return 0;
}

size_t usage_count(const struct usage *usage)
{
	return usage->receivers.count;
}

struct usage_report usage_report(const struct usage *usage, size_t index)
{
	return receiver_report(usage->receivers.items[index]);
}

void usage_free(struct usage *usage)
{
	if (!usage)
		return;
	receivers_clear(&usage->receivers);
	sd_event_unref(usage->context.event);
	free(usage);
}
