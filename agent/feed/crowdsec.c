/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `type: crowdsec`: follows the decisions of a CrowdSec local API. The server keeps a cursor for
 * each key, and moves it when it writes an answer, whether that arrives or not. So all that is in
 * force is asked for at the start, after every failure, a held answer included, and now and then;
 * and otherwise only what has changed.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "feed/answer.h"
#include "feed/beside.h"
#include "feed/download.h"
#include "feed/intake.h"
#include "feed/lapi.h"
#include "feed/remediation.h"
#include "feed/schedule.h"

#define USEC_PER_SEC   1000000ULL
#define SWEEP_INTERVAL 3600 /* s */

struct crowdsec {
	struct reader reader;
	char *name; /* the URL without its secrets */
	sd_event_source *timer;
	struct schedule schedule;
	struct download *download;   /* under way, or NULL */
	struct beside *parsing;	     /* the same */
	bool reading;		     /* until its answer is in force, or refused */
	bool whole;		     /* that is of all that is in force */
	bool again;		     /* asked for meanwhile */
	struct decision_table table; /* empty while an answer is being parsed */
	struct decision_table next;  /* while one is being applied: what will be in force */
	uint64_t swept;		     /* CLOCK_BOOTTIME, ns, when all of it was taken over last */
	bool in_step;		     /* the table is what the server's cursor stands behind */
	struct remediation remediation;
};

static struct crowdsec *crowdsec_of(struct reader *reader)
{
	return (struct crowdsec *)reader;
}

static void restart_timer(struct crowdsec *crowdsec, uint64_t usec)
{
	struct feed_report *report = &crowdsec->reader.report;
	int r = sd_event_source_set_time_relative(crowdsec->timer, usec);

	if (r >= 0)
		r = sd_event_source_set_enabled(crowdsec->timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_error("feed %s: cannot set its timer: %s", report->config->name, strerror(-r));
	report->next_reading = clock_wall() + (int64_t)(usec / USEC_PER_SEC);
}

static uint64_t next_reading(struct crowdsec *crowdsec, int code, uint64_t retry_after)
{
	uint64_t interval = crowdsec->reader.report.config->interval;

	if (crowdsec->again)
		return 0;
	/* What the guard holds is no fault of the server's. */
	if (code < 0 && code != -EBUSY)
		return schedule_after_failure(&crowdsec->schedule, interval, retry_after);
	return schedule_after_success(&crowdsec->schedule, interval);
}

static void finish(struct crowdsec *crowdsec, int code, const struct error *error,
		   uint64_t retry_after)
{
	crowdsec->reading = false;
	crowdsec->in_step = code >= 0;
	if (code < 0)
		reader_fail(&crowdsec->reader, code, error);
	else
		reader_succeed(&crowdsec->reader);
	restart_timer(crowdsec, next_reading(crowdsec, code, retry_after));
}

static void note_others(struct crowdsec *crowdsec, const struct decision_others *others)
{
	struct feed_report *report = &crowdsec->reader.report;

	report->ignored += others->scopes + others->types + others->simulated;
	if (crowdsec->whole && others->scopes + others->types + others->simulated > 0)
		log_info("feed %s: ignores %" PRIu64 " decisions of other scopes, %" PRIu64
			 " of other types and %" PRIu64 " that are simulated",
			 report->config->name, others->scopes, others->types, others->simulated);
}

static void on_applied(int code, const struct error *error, void *userdata)
{
	struct crowdsec *crowdsec = userdata;

	if (code >= 0) {
		decision_table_clear(&crowdsec->table);
		crowdsec->table = crowdsec->next;
		crowdsec->next = (struct decision_table){0};
		if (crowdsec->whole)
			crowdsec->swept = clock_boot_ns();
		remediation_tell(&crowdsec->remediation, &crowdsec->reader, &crowdsec->table);
	}
	decision_table_clear(&crowdsec->next);
	finish(crowdsec, code, error, 0);
}

static void on_parsed(void *work, void *userdata)
{
	_cleanup_(answer_freep) struct answer *answer = work;
	struct crowdsec *crowdsec = userdata;

	crowdsec->parsing = NULL;
	crowdsec->table = answer->table;
	answer->table = (struct decision_table){0};
	if (answer->code < 0) {
		crowdsec->reader.report.errors_parse++;
		finish(crowdsec, answer->code, &answer->error, 0);
		return;
	}
	note_others(crowdsec, &answer->others);
	crowdsec->next = answer->next;
	answer->next = (struct decision_table){0};
	intake_take(&crowdsec->reader, STEAL(answer->batch), on_applied, crowdsec);
}

static void run_parse(void *work)
{
	answer_parse(work);
}

static void free_answer(void *work)
{
	answer_free(work);
}

/* Takes @content over. */
static int parse(struct crowdsec *crowdsec, FILE *content, struct error *error)
{
	static const struct beside_ops ops = {
		.run = run_parse, .done = on_parsed, .free = free_answer};
	struct answer *answer = answer_new(content, crowdsec->name, crowdsec->reader.report.config);
	int r;

	if (!answer)
		return error_set(error, -ENOMEM, "%s: out of memory", crowdsec->name);
	answer->whole = crowdsec->whole;
	/* Lent, so that a thread need not share it. */
	answer->table = crowdsec->table;
	crowdsec->table = (struct decision_table){0};
	if (!beside_is_worth(content)) {
		answer_parse(answer);
		on_parsed(answer, crowdsec);
		return 0;
	}
	r = beside_start(crowdsec->reader.context->event, &ops, answer, crowdsec,
			 &crowdsec->parsing);
	if (r >= 0)
		return 0;
	crowdsec->table = answer->table;
	answer->table = (struct decision_table){0};
	answer_free(answer);
	return error_set(error, r, "%s: cannot be parsed: %s", crowdsec->name, strerror(-r));
}

static void on_download(int code, const struct transfer_result *result, FILE *content,
			const struct error *error, void *userdata)
{
	_cleanup_fclose_ FILE *owned = content;
	struct crowdsec *crowdsec = userdata;
	struct error problem = *error;

	crowdsec->download = NULL;
	if (code >= 0)
		code = lapi_judge(crowdsec->reader.report.config, result->status, &problem);
	if (code < 0)
		reader_count_fetch_error(&crowdsec->reader, code);
	else
		code = parse(crowdsec, STEAL(owned), &problem);
	if (code < 0)
		finish(crowdsec, code, &problem, result->retry_after);
}

static int begin(struct crowdsec *crowdsec, struct error *error)
{
	const struct reader_context *context = crowdsec->reader.context;
	const struct config_feed *config = crowdsec->reader.report.config;
	_cleanup_(lapi_request_clear) struct lapi_request request = {0};
	int r = lapi_prepare(config, lapi_stream(config, crowdsec->whole), &request, error);

	if (r < 0)
		return r;
	return download_start(context->transfers, context->config, &request.transfer, on_download,
			      crowdsec, &crowdsec->download, error);
}

/*
 * After a long silence the server may have forgotten what has ended meanwhile; and that another
 * database has taken the place of the one we know, only the whole of it shows.
 */
static bool is_in_step(const struct crowdsec *crowdsec)
{
	const struct reader *reader = &crowdsec->reader;
	uint64_t now = clock_boot_ns();

	return crowdsec->in_step &&
	       (now - reader->success) / NSEC_PER_SEC <= reader->report.config->stale_after &&
	       (now - crowdsec->swept) / NSEC_PER_SEC < SWEEP_INTERVAL;
}

static void read_decisions(struct reader *reader, enum reader_effort effort)
{
	struct crowdsec *crowdsec = crowdsec_of(reader);
	struct error error = {};
	int r;

	if (crowdsec->reading) {
		crowdsec->again |= effort == READER_ALWAYS;
		return;
	}
	crowdsec->reading = true;
	crowdsec->again = false;
	reader->report.next_reading = 0;
	crowdsec->whole = !is_in_step(crowdsec);
	r = begin(crowdsec, &error);
	if (r < 0) {
		reader_count_fetch_error(reader, r);
		finish(crowdsec, r, &error, 0);
	}
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	read_decisions(userdata, READER_IF_CHANGED);
	return 0;
}

static int start(struct reader *reader, struct error *error)
{
	struct crowdsec *crowdsec = crowdsec_of(reader);
	int r;

	crowdsec->name = transfer_url_text(reader->report.config->link.url);
	if (!crowdsec->name)
		return error_set(error, -EINVAL, "its url is not one that can be understood");
	reader->report.url = crowdsec->name;
	r = sd_event_add_time_relative(reader->context->event, &crowdsec->timer, CLOCK_BOOTTIME, 0,
				       0, on_timer, crowdsec);
	if (r >= 0)
		r = sd_event_source_set_enabled(crowdsec->timer, SD_EVENT_OFF);
	return r < 0 ? error_set(error, r, "cannot set its timer: %s", strerror(-r)) : 0;
}

static bool fits(const struct reader *reader, const struct config_feed *config)
{
	return lapi_is_same(reader->report.config, config);
}

static void adopt(struct reader *reader, const struct config_feed *config)
{
	struct crowdsec *crowdsec = crowdsec_of(reader);
	bool same_interval = config->interval == reader->report.config->interval;

	reader->report.config = config;
	crowdsec->remediation.name = config->name;
	if (!same_interval && !crowdsec->reading)
		restart_timer(crowdsec, schedule_usec(config->interval));
}

static bool is_busy(const struct reader *reader)
{
	return ((const struct crowdsec *)reader)->reading;
}

static void stop(struct reader *reader)
{
	struct crowdsec *crowdsec = crowdsec_of(reader);

	beside_cancel(crowdsec->parsing);
	if (crowdsec->download)
		download_cancel(crowdsec->download);
	remediation_stop(&crowdsec->remediation);
	sd_event_source_disable_unref(crowdsec->timer);
	decision_table_clear(&crowdsec->table);
	decision_table_clear(&crowdsec->next);
	free(crowdsec->name);
}

const struct reader_ops reader_crowdsec = {
	.size = sizeof(struct crowdsec),
	.start = start,
	.fits = fits,
	.adopt = adopt,
	.read = read_decisions,
	.is_busy = is_busy,
	.stop = stop,
};
