/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "feed/file.h"
#include "feed/watch.h"

#define USEC_PER_SEC 1000000ULL

struct reader {
	struct reader_target target;
	const struct feed_format *format;
	sd_event_source *timer;
	struct watch *watch;
	int watch_problem;	   /* negative errno that was logged */
	struct feed_report report; /* `error` apart; `state` as the last reading left it */
	struct error error;	   /* empty: none */
	struct file_mark mark;	   /* valid in FEED_OK */
	uint64_t success;	   /* CLOCK_BOOTTIME, ns: a clock that is set makes nothing stale */
};

static int parse_file(struct reader *reader, FILE *stream, const struct file_mark *mark,
		      struct feed_batch **ret, struct error *error)
{
	_cleanup_(feed_batch_freep) struct feed_batch *batch = NULL;
	const char *path = file_path(reader->report.config->url);
	int r = reader->format->parse(stream, path, &batch, error);

	if (!file_is_unchanged(stream, mark)) {
		reader->report.errors_read++;
		error_set(error, -EAGAIN,
			  "%s was written to while it was read; put it in place by rename", path);
		return -EAGAIN;
	}
	if (r < 0) {
		reader->report.errors_parse++;
		return r;
	}
	*ret = STEAL(batch);
	return 0;
}

static int apply(struct reader *reader, const struct feed_batch *batch, struct error *error)
{
	struct feed_report *report = &reader->report;
	int r = reader->target.apply(report->config, batch, reader->target.userdata, error);

	if (r < 0) {
		report->errors_apply++;
		return r;
	}
	report->serial = batch->serial;
	report->records =
		batch->kind == CONFIG_FEED_LIST ? batch->prefix_count : batch->incident_count;
	return 0;
}

static int take(struct reader *reader, enum reader_effort effort, struct error *error)
{
	_cleanup_(feed_batch_freep) struct feed_batch *batch = NULL;
	struct feed_report *report = &reader->report;
	_cleanup_fclose_ FILE *stream = NULL;
	struct file_mark mark;
	int r;

	r = file_open(file_path(report->config->url), &stream, &mark, error);
	if (r < 0) {
		report->errors_read++;
		return r;
	}
	if (effort == READER_IF_CHANGED && report->state == FEED_OK &&
	    file_mark_equal(&mark, &reader->mark))
		return 0;
	r = parse_file(reader, stream, &mark, &batch, error);
	if (r < 0)
		return r;
	r = apply(reader, batch, error);
	if (r < 0)
		return r;
	reader->mark = mark;
	return 0;
}

static void note_success(struct reader *reader)
{
	struct feed_report *report = &reader->report;

	if (reader->error.text[0])
		log_info("feed %s: in force again, with %" PRIu64 " records", report->config->name,
			 report->records);
	reader->error.text[0] = '\0';
	report->state = FEED_OK;
	report->last_success = clock_wall();
	reader->success = clock_boot_ns();
}

static void note_failure(struct reader *reader, int code, struct error *error)
{
	struct feed_report *report = &reader->report;

	error_prefix(error, code, "%s", report->config->name);
	if (strcmp(error->text, reader->error.text) != 0)
		log_error("feed %s", error->text);
	reader->error = *error;
	report->state = code == -EBUSY ? FEED_HELD : FEED_ERROR;
}

static void renew_watch(struct reader *reader)
{
	const struct config_feed *config = reader->report.config;
	int r = watch_renew(reader->watch);

	/* That a folder is missing is said by reading, since then the file is missing, too. */
	if (r < 0 && r != -ENOENT && r != reader->watch_problem)
		log_warning("feed %s: cannot watch the folder of %s: %s; it is only read every "
			    "%" PRIu64 " s%s",
			    config->name, file_path(config->url), strerror(-r), config->interval,
			    r == -ENOSPC ? ": raise fs.inotify.max_user_watches" : "");
	reader->watch_problem = r;
}

void reader_read(struct reader *reader, enum reader_effort effort)
{
	struct error error = {0};
	int r;

	/* First the watch, then the file: what changes in between is read again. */
	renew_watch(reader);
	r = take(reader, effort, &error);
	if (r < 0)
		note_failure(reader, r, &error);
	else
		note_success(reader);
}

static void on_change(void *userdata)
{
	/* Two changes in one tick of the file system's clock can look the same. */
	reader_read(userdata, READER_ALWAYS);
}

static int start_timer(struct reader *reader)
{
	uint64_t usec;
	int r;

	if (__builtin_mul_overflow(reader->report.config->interval, USEC_PER_SEC, &usec))
		usec = UINT64_MAX; /* never */
	r = sd_event_source_set_time_relative(reader->timer, usec);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(reader->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct reader *reader = userdata;

	(void)source;
	(void)usec;
	reader_read(reader, READER_IF_CHANGED);
	return start_timer(reader);
}

static int start(struct reader *reader, sd_event *event)
{
	const char *path = file_path(reader->report.config->url);
	int r;

	r = watch_new(event, path, on_change, reader, &reader->watch);
	if (r < 0)
		return r;
	r = sd_event_add_time_relative(event, &reader->timer, CLOCK_BOOTTIME, 0, 0, on_timer,
				       reader);
	if (r < 0)
		return r;
	return start_timer(reader);
}

int reader_new(sd_event *event, const struct config_feed *config,
	       const struct reader_target *target, struct reader **ret, struct error *error)
{
	_cleanup_(reader_freep) struct reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return error_set(error, -ENOMEM, "feed %s: out of memory", config->name);
	reader->target = *target;
	reader->report.config = config;
	reader->report.state = FEED_WAITING;
	reader->format = feed_format_find(config->type);
	if (!reader->format)
		return error_set(error, -EINVAL, "feed %s: there is no type \"%s\"", config->name,
				 config->type);
	r = start(reader, event);
	if (r < 0)
		return error_set(error, r, "feed %s: cannot start its timers: %s", config->name,
				 strerror(-r));
	*ret = STEAL(reader);
	return 0;
}

bool reader_fits(const struct reader *reader, const struct config_feed *config)
{
	const struct config_feed *own = reader->report.config;

	return own->kind == config->kind && strcmp(own->name, config->name) == 0 &&
	       strcmp(own->type, config->type) == 0 && strcmp(own->url, config->url) == 0;
}

void reader_adopt(struct reader *reader, const struct config_feed *config)
{
	bool same_interval = config->interval == reader->report.config->interval;
	int r;

	reader->report.config = config;
	if (same_interval)
		return;
	r = start_timer(reader);
	if (r < 0)
		log_error("feed %s: cannot change its interval: %s", config->name, strerror(-r));
}

static bool is_stale(const struct reader *reader)
{
	const struct feed_report *report = &reader->report;

	if (!report->last_success)
		return false;
	return (clock_boot_ns() - reader->success) / NSEC_PER_SEC > report->config->stale_after;
}

struct feed_report reader_report(const struct reader *reader)
{
	struct feed_report report = reader->report;

	report.error = reader->error.text[0] ? reader->error.text : NULL;
	/* A held feed stays one however long it waits: somebody has to decide. */
	if (report.state != FEED_HELD && is_stale(reader))
		report.state = FEED_STALE;
	return report;
}

void reader_free(struct reader *reader)
{
	if (!reader)
		return;
	sd_event_source_disable_unref(reader->timer);
	watch_free(reader->watch);
	free(reader);
}
