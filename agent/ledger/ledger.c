/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger's own life: opened, timed, audited, configured anew. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "ledger/inspect.h"
#include "ledger/mode.h"
#include "ledger/relist.h"
#include "ledger/settle.h"
#include "ledger/step.h"
#include "ledger/sweep.h"
#include "ledger/wall.h"

#define AUDIT_USEC	       (60 * 1000000ULL)
#define AUDIT_ACCURACY_USEC    1000000
#define DEADLINE_ACCURACY_USEC 50000
/* The kernel keeps to deadlines, the store may wait: whoever asks something comes first. */
#define DEADLINE_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 10)
#define AUDIT_PRIORITY	  (SD_EVENT_PRIORITY_NORMAL + 20) /* as what feeds bring */
#define RETRY_USEC	  (10 * 1000000ULL) /* after a store that could not be written */

/* One slice of them. */
static int lift_due(struct change *change, struct error *error)
{
	static const struct cause cause = {"timer", "its time is over", NULL};
	const struct sentence_filter due = {.ends_before = change->now.boot, .limit = LEDGER_SLICE};

	return step_take_each(change, &due, POLICY_DUE, &cause, error);
}

static int lift_allowed(struct change *change, struct error *error)
{
	static const struct cause cause = {"config", "on the allowlist", NULL};
	const struct allowlist *allow = &change->ledger->allow;
	int r = 0;

	for (size_t i = 0; i < allow->count && r >= 0; i++) {
		const struct sentence_filter covered = {
			.by_state = true, .state = SENTENCE_BLOCKED, .in = &allow->items[i]};

		r = step_take_each(change, &covered, POLICY_ALLOW, &cause, error);
	}
	return r;
}

static int forget_lists(struct change *change, struct error *error)
{
	static const struct cause cause = {"config", "a list whose feed is not configured any more",
					   NULL};
	const struct config *config = change->ledger->config;
	_cleanup_free_ const char **names = calloc(config->feed_count + 1, sizeof(*names));
	size_t count = 0;
	int r;

	if (!names)
		return error_set(error, -ENOMEM, "feeds: out of memory");
	for (size_t i = 0; i < config->feed_count; i++)
		if (config->feeds[i].kind == CONFIG_FEED_LIST)
			names[count++] = config->feeds[i].name;
	r = store_keep_lists(change->ledger->store, names, count, error);
	if (r <= 0)
		return r;
	change->everything = true;
	sweep_later(change->ledger);
	return change_audit(change, "unlisted", NULL, NULL, &cause, error);
}

static int audit_reload(struct change *change, struct error *error)
{
	const struct cause cause = {"config", change->ledger->config->path, NULL};

	return change_audit(change, "reload", NULL, NULL, &cause, error);
}

/*
 * The store goes over to what the configuration says, and the kernel to what the store says: as a
 * whole where more has changed than what has ended meanwhile.
 */
static int converge(struct ledger *ledger, bool reload, bool everything, struct error *error)
{
	_cleanup_change_ struct change change = {0};
	struct error problem;
	int r = change_begin(&change, ledger, error);

	if (r >= 0)
		r = lift_due(&change, error);
	if (r >= 0)
		r = relist_ended(&change, error);
	if (r >= 0)
		r = lift_allowed(&change, error);
	if (r >= 0)
		r = forget_lists(&change, error);
	if (r >= 0 && reload)
		r = audit_reload(&change, error);
	if (r < 0)
		return r;
	change.everything |= everything;
	r = change_finish(&change, &problem);
	settle_leftovers(ledger);
	if (r != -ENOSPC)
		return r < 0 ? error_set(error, r, "%s", problem.text) : 0;
	/* A daemon that does not start, or does not reload, would make a full map no better. */
	log_error("%s", problem.text);
	return 0;
}

static int take_configuration(struct ledger *ledger, const struct config *config, bool reload,
			      struct error *error)
{
	struct allowlist allow;
	bool everything;
	int r;

	ledger->config = config;
	r = allowlist_load(&config->policy.allow, ledger->store, &allow, error);
	if (r < 0)
		return r;
	everything = !reload || !allowlist_equals(&ledger->allow, &allow);
	allowlist_clear(&ledger->allow);
	ledger->allow = allow;
	r = converge(ledger, reload, everything, error);
	return r < 0 ? r : mode_apply(ledger, error);
}

int ledger_reconfigure(struct ledger *ledger, const struct config *config, struct error *error)
{
	return take_configuration(ledger, config, true, error);
}

static int lift_due_now(struct ledger *ledger, struct error *error)
{
	_cleanup_change_ struct change change = {0};
	int r;

	if (ledger->leftovers)
		settle_leftovers(ledger);
	r = change_begin(&change, ledger, error);
	/* Listings first: the block of one that a sentence holds as well ends, and counts, with
	 * that. */
	if (r >= 0)
		r = relist_ended(&change, error);
	if (r >= 0)
		r = lift_due(&change, error);
	return r < 0 ? r : change_finish(&change, error);
}

static uint64_t now_usec(void)
{
	return clock_boot_ns() / NSEC_PER_USEC;
}

static int set_timer(sd_event_source *timer, uint64_t usec)
{
	int r = sd_event_source_set_time(timer, usec);

	return r < 0 ? r : sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* Of a sentence or a listing; 0: none. */
static int next_deadline(struct ledger *ledger, uint64_t *ret, struct error *error)
{
	uint64_t listed;
	int64_t until;
	int r = store_next_deadline(ledger->store, ret, error);

	if (r >= 0)
		r = store_next_listing_end(ledger->store, &until, error);
	if (r < 0)
		return r;
	listed = wall_deadline(ledger, until);
	if (listed && (*ret == 0 || listed < *ret))
		*ret = listed;
	if (ledger->leftovers)
		*ret = 1;
	return 0;
}

int ledger_rearm(struct ledger *ledger, struct error *error)
{
	uint64_t deadline;
	int r;

	if (!ledger->deadline_timer)
		return 0; /* still opening: the timer begins with the next deadline */
	r = next_deadline(ledger, &deadline, error);
	if (r < 0)
		return r;
	if (deadline == 0)
		r = sd_event_source_set_enabled(ledger->deadline_timer, SD_EVENT_OFF);
	else
		r = set_timer(ledger->deadline_timer,
			      (deadline + NSEC_PER_USEC - 1) / NSEC_PER_USEC);
	return r < 0 ? error_set(error, r, "deadline timer: %s", strerror(-r)) : 0;
}

/* The kernel has let the sources go at their deadlines, whatever happens here. */
static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct ledger *ledger = userdata;
	struct error error;

	(void)usec;
	if (lift_due_now(ledger, &error) >= 0)
		return 0;
	log_error("%s", error.text);
	return set_timer(source, now_usec() + RETRY_USEC);
}

/* The first step of an audit; the others follow when nobody waits for something else. */
static int on_audit(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct ledger *ledger = userdata;

	(void)source;
	(void)usec;
	return sd_event_source_set_enabled(ledger->audit_turn, SD_EVENT_ON);
}

static int on_audit_turn(sd_event_source *source, void *userdata)
{
	struct ledger *ledger = userdata;
	struct error error;
	int r = inspect_step(ledger, &error);

	if (r > 0)
		return 0;
	if (r < 0)
		log_error("audit: %s", error.text);
	r = sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return r < 0 ? r : set_timer(ledger->audit_timer, now_usec() + AUDIT_USEC);
}

static int add_audit(struct ledger *ledger)
{
	int r = sd_event_add_time_relative(ledger->event, &ledger->audit_timer, CLOCK_BOOTTIME,
					   AUDIT_USEC, AUDIT_ACCURACY_USEC, on_audit, ledger);

	if (r >= 0)
		r = sd_event_add_defer(ledger->event, &ledger->audit_turn, on_audit_turn, ledger);
	if (r >= 0)
		r = sd_event_source_set_enabled(ledger->audit_turn, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_source_set_priority(ledger->audit_turn, AUDIT_PRIORITY);
	return r;
}

static int add_timers(struct ledger *ledger, struct error *error)
{
	int r = sd_event_add_time(ledger->event, &ledger->deadline_timer, CLOCK_BOOTTIME, 0,
				  DEADLINE_ACCURACY_USEC, on_deadline, ledger);

	if (r >= 0)
		r = sd_event_source_set_priority(ledger->deadline_timer, DEADLINE_PRIORITY);
	if (r >= 0)
		r = add_audit(ledger);
	return r < 0 ? error_set(error, r, "ledger timers: %s", strerror(-r)) : 0;
}

int ledger_open(sd_event *event, const struct config *config, struct store *store,
		struct fence *fence, struct ledger **ret, struct error *error)
{
	_cleanup_(ledger_freep) struct ledger *ledger = calloc(1, sizeof(*ledger));
	int r;

	if (!ledger)
		return error_set(error, -ENOMEM, "ledger: out of memory");
	ledger->event = sd_event_ref(event);
	ledger->store = store;
	ledger->fence = fence;
	r = wall_open(ledger, error);
	if (r >= 0)
		r = store_count_sentences(store, SENTENCE_BLOCKED, &ledger->running, error);
	if (r >= 0)
		r = take_configuration(ledger, config, false, error);
	if (r >= 0)
		r = add_timers(ledger, error);
	if (r >= 0)
		r = ledger_rearm(ledger, error);
	if (r < 0)
		return r;
	*ret = STEAL(ledger);
	return 0;
}

void ledger_free(struct ledger *ledger)
{
	struct error error;

	if (!ledger)
		return;
	if (store_note_clock(ledger->store, &error) < 0)
		log_warning("%s", error.text);
	sd_event_source_disable_unref(ledger->deadline_timer);
	sd_event_source_disable_unref(ledger->audit_timer);
	sd_event_source_disable_unref(ledger->sweeper);
	sd_event_source_disable_unref(ledger->audit_turn);
	inspect_end(ledger);
	sd_event_unref(ledger->event);
	allowlist_clear(&ledger->allow);
	free(ledger->coverage.uncovered);
	free(ledger);
}

struct ledger_report ledger_report(const struct ledger *ledger)
{
	return ledger->report;
}
