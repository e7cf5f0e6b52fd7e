/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The set of feeds that a configuration names: one reader each. */
#include <errno.h>
#include <string.h>

#include "feed/feed.h"
#include "feed/intake.h"
#include "feed/reader.h"

struct readers {
	struct reader **items; /* in the configuration's order */
	size_t count;
};

struct feeds {
	struct reader_context context;
	struct readers readers;
};

static void readers_clear(struct readers *readers)
{
	for (size_t i = 0; i < readers->count; i++)
		reader_free(readers->items[i]);
	free(readers->items);
}

const char *feed_state_name(enum feed_state state)
{
	static const char *const names[] = {
		[FEED_WAITING] = "waiting", [FEED_OK] = "ok",	    [FEED_ERROR] = "error",
		[FEED_HELD] = "held",	    [FEED_STALE] = "stale", [FEED_PAUSED] = "paused",
	};

	return names[state];
}

int feeds_new(sd_event *event, const struct config *config, const struct feed_target *target,
	      void *userdata, struct feeds **ret, struct error *error)
{
	_cleanup_(feeds_freep) struct feeds *feeds = calloc(1, sizeof(*feeds));
	int r;

	if (!feeds)
		return error_set(error, -ENOMEM, "feeds: out of memory");
	feeds->context = (struct reader_context){
		.event = sd_event_ref(event),
		.target = target,
		.userdata = userdata,
	};
	r = transfers_new(event, &feeds->context.transfers, error);
	if (r >= 0)
		r = feeds_reconfigure(feeds, config, error);
	if (r < 0)
		return r;
	*ret = STEAL(feeds);
	return 0;
}

/* Where the reader stands that can go on with @config, or NULL. */
static struct reader **find_fitting(const struct feeds *feeds, const struct config_feed *config)
{
	for (size_t i = 0; i < feeds->readers.count; i++) {
		struct reader **reader = &feeds->readers.items[i];

		if (*reader && reader_fits(*reader, config))
			return reader;
	}
	return NULL;
}

/* A reader for every feed that has none to go on with; the other places stay empty. */
static int make_missing(const struct feeds *feeds, const struct config *config, struct readers *ret,
			struct error *error)
{
	ret->items = calloc(config->feed_count + 1, sizeof(struct reader *));
	if (!ret->items)
		return error_set(error, -ENOMEM, "feeds: out of memory");
	ret->count = config->feed_count;
	for (size_t i = 0; i < ret->count; i++) {
		int r = 0;

		if (!find_fitting(feeds, &config->feeds[i]))
			r = reader_new(&feeds->context, &config->feeds[i], &ret->items[i], error);
		if (r < 0)
			return r;
	}
	return 0;
}

static void move_fitting(struct feeds *feeds, const struct config *config, struct readers *to)
{
	for (size_t i = 0; i < to->count; i++) {
		struct reader **from = find_fitting(feeds, &config->feeds[i]);

		if (!from)
			continue;
		to->items[i] = STEAL(*from);
		reader_adopt(to->items[i], &config->feeds[i]);
	}
}

int feeds_reconfigure(struct feeds *feeds, const struct config *config, struct error *error)
{
	_cleanup_(readers_clear) struct readers next = {0};
	struct readers old = feeds->readers;
	int r;

	/* Until all that can fail is done, the old set stays as it is. */
	r = make_missing(feeds, config, &next, error);
	if (r < 0)
		return r;
	move_fitting(feeds, config, &next);
	feeds->context.config = config;
	feeds->readers = next;
	next = old;
	for (size_t i = 0; i < feeds->readers.count; i++)
		if (feeds_report(feeds, i).state == FEED_WAITING)
			reader_read(feeds->readers.items[i], READER_IF_CHANGED);
	return 0;
}

int feeds_sync(struct feeds *feeds, const char *name)
{
	bool found = !name;

	for (size_t i = 0; i < feeds->readers.count; i++) {
		if (name && strcmp(feeds_report(feeds, i).config->name, name) != 0)
			continue;
		reader_read(feeds->readers.items[i], READER_ALWAYS);
		found = true;
	}
	return found ? 0 : -ENOENT;
}

static struct reader **find(const struct feeds *feeds, const char *name, struct error *error)
{
	for (size_t i = 0; i < feeds->readers.count; i++)
		if (strcmp(feeds_report(feeds, i).config->name, name) == 0)
			return &feeds->readers.items[i];
	error_set(error, -ENOENT, "there is no feed \"%s\"", name);
	return NULL;
}

static void on_held_applied(int code, const struct error *error, void *userdata)
{
	struct reader *reader = userdata;

	if (code < 0) {
		reader_fail(reader, code, error);
		return;
	}
	reader_succeed(reader);
	if (reader->ops->applied)
		reader->ops->applied(reader);
}

int feeds_apply_held(struct feeds *feeds, const char *name, uint64_t held, struct error *error)
{
	struct reader **reader = find(feeds, name, error);

	if (!reader)
		return -ENOENT;
	return intake_take_held(*reader, held, on_held_applied, *reader, error);
}

/* What the new one may not know before its first reading. */
static void take_report(struct reader *reader, const struct reader *from)
{
	const struct feed_report own = reader->report;

	reader->report = from->report;
	reader->report.state = own.state;
	reader->report.url = own.url;
	reader->report.next_reading = own.next_reading;
	reader->report.held = 0;
	reader->success = from->success;
}

int feeds_renew(struct feeds *feeds, const char *name, struct error *error)
{
	struct reader **place = find(feeds, name, error);
	struct reader *renewed;
	int r;

	if (!place)
		return -ENOENT;
	r = reader_new(&feeds->context, (*place)->report.config, &renewed, error);
	if (r < 0)
		return r;
	take_report(renewed, *place);
	reader_free(*place);
	*place = renewed;
	reader_read(renewed, READER_ALWAYS);
	return 0;
}

size_t feeds_count(const struct feeds *feeds)
{
	return feeds->readers.count;
}

struct feed_report feeds_report(const struct feeds *feeds, size_t index)
{
	return reader_report(feeds->readers.items[index]);
}

void feeds_free(struct feeds *feeds)
{
	if (!feeds)
		return;
	readers_clear(&feeds->readers);
	transfers_free(feeds->context.transfers);
	sd_event_unref(feeds->context.event);
	free(feeds);
}
