/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/change.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/prefix.h"
#include "ledger/gather.h"
#include "ledger/item.h"
#include "ledger/projection.h"

const double ledger_buckets[8] = {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};

int change_begin(struct change *change, struct ledger *ledger, struct error *error)
{
	*change = (struct change){.ledger = ledger, .boot = clock_boot_ns(), .wall = clock_wall()};
	return store_begin(ledger->store, error);
}

void change_end(struct change *change)
{
	if (change->ledger)
		store_rollback(change->ledger->store);
	prefix_list_clear(&change->touched);
}

int change_audit(struct change *change, const char *event, const struct smtpfence_prefix *prefix,
		 const struct sentence *sentence, const struct cause *cause, struct error *error)
{
	struct audit audit = {.ts = change->wall};

	if (sentence) {
		prefix = &sentence->prefix;
		audit.time = sentence->time;
		store_cut_text(audit.state, sizeof(audit.state),
			       sentence_state_name(sentence->state));
	}
	if (prefix) {
		audit.has_prefix = true;
		audit.prefix = *prefix;
	}
	store_cut_text(audit.event, sizeof(audit.event), event);
	store_cut_text(audit.source, sizeof(audit.source), cause->source);
	store_cut_text(audit.reason, sizeof(audit.reason), cause->reason);
	return store_add_audit(change->ledger->store, &audit, error);
}

uint64_t change_deadline(const struct change *change, uint64_t seconds)
{
	uint64_t most = (INT64_MAX - change->boot) / NSEC_PER_SEC;

	return change->boot + (seconds < most ? seconds : most) * NSEC_PER_SEC;
}

/* An allowlist entry inside comes and goes with the block around it. */
static void look_inside(struct change *change, const struct smtpfence_prefix *prefix)
{
	if (allowlist_reaches_into(&change->ledger->allow, prefix))
		change->everything = true;
}

/* A DROP entry comes (+1) or goes (-1), unless a list wants it anyway. */
static int count_wanted(struct change *change, const struct smtpfence_prefix *prefix, long step,
			struct error *error)
{
	struct item item;
	int r = item_get(change->ledger, prefix, &item, error);

	if (r >= 0 && item.listings == 0)
		change->wanted[prefix_is_ipv4(prefix) ? SMTPFENCE_FAMILY_IPV4
						      : SMTPFENCE_FAMILY_IPV6] += step;
	return r;
}

int change_block(struct change *change, const struct sentence *sentence, enum sentence_state was,
		 const struct cause *cause, struct error *error)
{
	int r = store_put_sentence(change->ledger->store, sentence, error);

	if (r >= 0 && was != SENTENCE_BLOCKED)
		r = count_wanted(change, &sentence->prefix, 1, error);
	if (r >= 0)
		r = change_audit(change, "blocked", NULL, sentence, cause, error);
	if (r < 0)
		return r;
	if (prefix_list_add(&change->touched, &sentence->prefix) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	look_inside(change, &sentence->prefix);
	change->blocked++;
	return 0;
}

/* A sentence that is lifted early ends now, and one that is found late has ended in time. */
static int64_t end_of(const struct sentence *sentence, int64_t now)
{
	if (sentence->date > now || sentence->time > (uint64_t)(now - sentence->date))
		return now;
	return sentence->date + (int64_t)sentence->time;
}

int change_lift(struct change *change, const struct smtpfence_prefix *prefix,
		const struct cause *cause, struct error *error)
{
	struct sentence sentence;
	int r = store_get_sentence(change->ledger->store, prefix, &sentence, error);

	if (r < 0)
		return r;
	sentence.state = SENTENCE_UNBLOCKING;
	sentence.last_end = end_of(&sentence, change->wall);
	r = store_put_sentence(change->ledger->store, &sentence, error);
	if (r >= 0)
		r = count_wanted(change, prefix, -1, error);
	if (r >= 0)
		r = change_audit(change, "unblocking", NULL, &sentence, cause, error);
	if (r < 0)
		return r;
	look_inside(change, prefix);
	change->unblocking++;
	return 0;
}

int change_lift_each(struct change *change, const struct sentence_filter *filter,
		     const struct cause *cause, struct error *error)
{
	_cleanup_(prefix_list_clear) struct prefix_list list = {0};
	int r = gather_sentences(&list, change->ledger->store, filter, error);

	for (size_t i = 0; i < list.count && r >= 0; i++)
		r = change_lift(change, &list.items[i], cause, error);
	return r;
}

static int commit(struct change *change, struct error *error)
{
	struct ledger_report *report = &change->ledger->report;
	int r = store_commit(change->ledger->store, error);

	if (r < 0)
		return r;
	report->transitions_blocked += change->blocked;
	report->transitions_unblocking += change->unblocking;
	report->blocked_ipv4 += (size_t)change->wanted[SMTPFENCE_FAMILY_IPV4];
	report->blocked_ipv6 += (size_t)change->wanted[SMTPFENCE_FAMILY_IPV6];
	return 0;
}

/* Goes on behind a failure, so that one bad entry does not keep the others out. */
static int enforce_touched(struct change *change, struct error *error)
{
	int first = 0;

	for (size_t i = 0; i < change->touched.count; i++) {
		int r = projection_sync_one(change->ledger, &change->touched.items[i],
					    first < 0 ? NULL : error);

		if (first >= 0)
			first = r;
	}
	return first;
}

/*
 * Whether the map is full shows only here: then a sync finds out exactly what is out, and whether
 * room that this change has made can be used.
 */
static int enforce(struct change *change, struct error *error)
{
	struct ledger *ledger = change->ledger;
	size_t refused = ledger->report.refused;
	struct fence_changes changes;
	int r = 0;

	if (!change->everything)
		r = enforce_touched(change, error);
	if (r < 0 && r != -ENOSPC)
		return r;
	if (r >= 0 && refused == 0 && !change->everything)
		return 0;
	if (r == -ENOSPC)
		refused = 0; /* of those that are out at least one is of this change */
	r = projection_sync(ledger, &changes, error);
	return r == -ENOSPC && ledger->report.refused <= refused ? 0 : r;
}

static void measure(const struct change *change)
{
	struct ledger_report *report = &change->ledger->report;
	double seconds = (double)(clock_boot_ns() - change->boot) / (double)NSEC_PER_SEC;

	report->applies++;
	report->apply_seconds_sum += seconds;
	for (size_t i = 0; i < ARRAY_SIZE(ledger_buckets); i++) {
		if (seconds > ledger_buckets[i])
			continue;
		report->apply_buckets[i]++;
		break;
	}
}

/* Codes of the fence would be mistaken for what the ledger means by them. */
static int not_in_force(int code, struct error *error)
{
	if (code >= 0)
		return code;
	return error_prefix(error, code == -ENOSPC ? -ENOSPC : -EIO, "stored, but not in force");
}

static int confirm(struct change *change, const struct smtpfence_prefix *prefix,
		   struct error *error)
{
	static const struct cause cause = {"kernel", "confirmed: its entry is gone"};
	struct sentence sentence;
	int r = store_get_sentence(change->ledger->store, prefix, &sentence, error);

	if (r < 0)
		return r;
	sentence.state = SENTENCE_UNBLOCKED;
	r = store_put_sentence(change->ledger->store, &sentence, error);
	if (r < 0)
		return r;
	return change_audit(change, "unblocked", NULL, &sentence, &cause, error);
}

/* Leaves in @list what is gone from the kernel. Returns the first problem, after trying all. */
static int keep_gone(struct ledger *ledger, struct prefix_list *list, struct error *error)
{
	size_t gone = 0;
	int first = 0;

	for (size_t i = 0; i < list->count; i++) {
		int r = projection_sync_one(ledger, &list->items[i], first < 0 ? NULL : error);

		/* What a list wants all the same, and finds no room, is not in the kernel. */
		if (r >= 0 || r == -ENOSPC)
			list->items[gone++] = list->items[i];
		else if (first >= 0)
			first = r;
	}
	list->count = gone;
	return first;
}

static int confirm_each(struct ledger *ledger, const struct prefix_list *list, struct error *error)
{
	_cleanup_change_ struct change change = {0};
	int r = change_begin(&change, ledger, error);

	for (size_t i = 0; i < list->count && r >= 0; i++)
		r = confirm(&change, &list->items[i], error);
	if (r >= 0)
		r = commit(&change, error);
	if (r >= 0)
		ledger->report.transitions_unblocked += list->count;
	return r;
}

static int settle(struct ledger *ledger, struct error *error)
{
	static const struct sentence_filter ending = {.by_state = true,
						      .state = SENTENCE_UNBLOCKING};
	_cleanup_(prefix_list_clear) struct prefix_list list = {0};
	int r = gather_sentences(&list, ledger->store, &ending, error), confirmed = 0;

	if (r < 0)
		return r;
	r = keep_gone(ledger, &list, error);
	if (list.count > 0)
		confirmed = confirm_each(ledger, &list, r < 0 ? NULL : error);
	return r < 0 ? r : confirmed;
}

void change_settle(struct ledger *ledger)
{
	struct error error;

	if (settle(ledger, &error) < 0)
		log_warning("still unblocking, tried again in the next audit: %s", error.text);
}

int change_finish(struct change *change, struct error *error)
{
	int armed, r = commit(change, error);

	if (r < 0)
		return r;
	r = not_in_force(enforce(change, error), error);
	change_settle(change->ledger);
	if (r >= 0)
		measure(change);
	armed = ledger_rearm(change->ledger, r < 0 ? NULL : error);
	return r < 0 ? r : armed;
}
