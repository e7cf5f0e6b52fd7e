/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "feed/intake.h"

/* Every format is read as a document. */
static const struct reader_ops *ops_of(const struct reader_context *context,
				       const struct config_feed *config)
{
	if (context->target->is_paused(config->name, context->userdata))
		return &reader_paused;
	if (strcmp(config->type, "nats") == 0)
		return &reader_nats;
	if (strcmp(config->type, "crowdsec") == 0)
		return &reader_crowdsec;
	return feed_format_find(config->type) ? &reader_document : NULL;
}

int reader_new(const struct reader_context *context, const struct config_feed *config,
	       struct reader **ret, struct error *error)
{
	const struct reader_ops *ops = ops_of(context, config);
	_cleanup_(reader_freep) struct reader *reader = NULL;
	int r;

	if (!ops)
		return error_set(error, -EINVAL, "feed %s: there is no type \"%s\"", config->name,
				 config->type);
	reader = calloc(1, ops->size);
	if (!reader)
		return error_set(error, -ENOMEM, "feed %s: out of memory", config->name);
	reader->ops = ops;
	reader->context = context;
	reader->report.config = config;
	reader->report.state = FEED_WAITING;
	r = ops->start(reader, error);
	if (r < 0)
		return error_prefix(error, r, "feed %s", config->name);
	*ret = STEAL(reader);
	return 0;
}

bool reader_fits(const struct reader *reader, const struct config_feed *config)
{
	const struct config_feed *own = reader->report.config;

	return own->kind == config->kind && strcmp(own->name, config->name) == 0 &&
	       strcmp(own->type, config->type) == 0 && reader->ops->fits(reader, config);
}

void reader_adopt(struct reader *reader, const struct config_feed *config)
{
	reader->ops->adopt(reader, config);
}

void reader_read(struct reader *reader, enum reader_effort effort)
{
	reader->ops->read(reader, effort);
}

void reader_succeed(struct reader *reader)
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

/* Where a fetch that ended with @code is counted. */
static uint64_t *counter_of(struct feed_report *report, int code)
{
	switch (code) {
	case -ECONNREFUSED:
	case -EHOSTUNREACH:
		return &report->errors_connect;
	case -EKEYREJECTED:
		return &report->errors_certificate;
	case -ETIMEDOUT:
		return &report->errors_timeout;
	case -EREMOTEIO:
		return &report->errors_status;
	case -EFBIG:
		return &report->errors_size;
	default:
		return &report->errors_read;
	}
}

void reader_count_fetch_error(struct reader *reader, int code)
{
	++*counter_of(&reader->report, code);
}

void reader_fail(struct reader *reader, int code, const struct error *error)
{
	struct feed_report *report = &reader->report;
	struct error named = *error;

	error_prefix(&named, code, "%s", report->config->name);
	if (strcmp(named.text, reader->error.text) != 0)
		log_error("feed %s", named.text);
	reader->error = named;
	report->state = code == -EBUSY ? FEED_HELD : FEED_ERROR;
}

static bool is_stale(const struct feed_report *report, uint64_t success)
{
	if (!report->last_success)
		return false;
	return (clock_boot_ns() - success) / NSEC_PER_SEC > report->config->stale_after;
}

struct feed_report reader_report(const struct reader *reader)
{
	struct feed_report report = reader->report;
	uint64_t success = reader->success;

	report.busy =
		intake_is_busy(reader) || (reader->ops->is_busy && reader->ops->is_busy(reader));
	if (reader->intake.work) {
		struct feed_progress progress =
			reader->context->target->progress(reader->intake.work);

		report.done = progress.done;
		report.total = progress.total;
	}
	report.error = reader->error.text[0] ? reader->error.text : NULL;
	if (reader->ops->describe)
		reader->ops->describe(reader, &report, &success);
	report.last_success += (int64_t)((success - reader->success) / NSEC_PER_SEC);
	/* Held or paused it stays however long that is: somebody has to decide. */
	if (report.state != FEED_HELD && report.state != FEED_PAUSED && is_stale(&report, success))
		report.state = FEED_STALE;
	return report;
}

void reader_free(struct reader *reader)
{
	if (!reader)
		return;
	intake_clear(reader);
	reader->ops->stop(reader);
	free(reader);
}
