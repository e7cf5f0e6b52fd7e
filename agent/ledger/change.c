/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/change.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/prefix.h"
#include "ledger/projection.h"
#include "ledger/requests.h"
#include "ledger/settle.h"
#include "ledger/wall.h"

const double ledger_buckets[8] = {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};

int change_begin(struct change *change, struct ledger *ledger, struct error *error)
{
	*change = (struct change){.ledger = ledger, .now = clock_now()};
	return store_begin(ledger->store, error);
}

void change_end(struct change *change)
{
	if (change->ledger)
		store_rollback(change->ledger->store);
	prefix_list_clear(&change->touched);
	prefix_list_clear(&change->lifted);
	prefix_list_clear(&change->listed);
	prefix_list_clear(&change->came);
	prefix_list_clear(&change->went);
}

static void name_source(struct audit *audit, const struct cause *cause)
{
	char source[ACTOR_TEXT_MAX];

	store_cut_text(audit->source, sizeof(audit->source),
		       cause->actor ? actor_format(cause->actor, source) : cause->source);
}

int change_audit(struct change *change, const char *event, const struct smtpfence_prefix *prefix,
		 const struct sentence *sentence, const struct cause *cause, struct error *error)
{
	struct audit audit = {.ts = change->now.wall};

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
	name_source(&audit, cause);
	store_cut_text(audit.reason, sizeof(audit.reason), cause->reason);
	return store_add_audit(change->ledger->store, &audit, error);
}

/* A DROP entry comes (1) or goes (-1) with a sentence, unless a list wants it anyway. */
static int count_wanted(struct change *change, struct store_finder *finder,
			const struct prefix_list *list, long step, struct error *error)
{
	int64_t now = wall_seconds(change->ledger);
	int r = 0;

	for (size_t i = 0; i < list->count && r >= 0; i++) {
		const struct smtpfence_prefix *prefix = &list->items[i];

		r = store_is_listed(finder, prefix, now, error);
		if (r == 0)
			change->wanted[prefix_is_ipv4(prefix) ? SMTPFENCE_FAMILY_IPV4
							      : SMTPFENCE_FAMILY_IPV6] += step;
	}
	return r < 0 ? r : 0;
}

/* All at once, since nothing may be written while listings are looked up. */
static int count_all_wanted(struct change *change, struct error *error)
{
	_cleanup_(store_finder_freep) struct store_finder *finder = NULL;
	int r;

	if (change->came.count + change->went.count == 0)
		return 0;
	r = store_finder_new(change->ledger->store, &finder, error);
	if (r >= 0)
		r = count_wanted(change, finder, &change->came, 1, error);
	return r < 0 ? r : count_wanted(change, finder, &change->went, -1, error);
}

static int commit(struct change *change, struct error *error)
{
	struct ledger_report *report = &change->ledger->report;
	int r = count_all_wanted(change, error);

	if (r >= 0)
		r = store_commit(change->ledger->store, error);
	if (r < 0)
		return r;
	change->ledger->running += change->came.count - change->went.count;
	report->transitions_blocked += change->begun;
	report->transitions_unblocking += change->lifted.count;
	report->blocked_ipv4 += (size_t)change->wanted[SMTPFENCE_FAMILY_IPV4];
	report->blocked_ipv6 += (size_t)change->wanted[SMTPFENCE_FAMILY_IPV6];
	return 0;
}

/* What an earlier sentence dropped is not said of the one that begins; no reason not to enforce. */
static void forget_hits(struct change *change)
{
	struct error error;

	for (size_t i = 0; i < change->touched.count; i++)
		if (fence_forget_hits(change->ledger->fence, &change->touched.items[i], &error) < 0)
			log_warning("%s", error.text);
}

static int sync_some(struct change *change, struct error *error)
{
	int r = projection_sync_some(change->ledger, &change->touched, NULL, error);
	struct error later;
	int listed;

	if (r < 0 && r != -ENOSPC)
		return r;
	listed =
		projection_sync_some(change->ledger, &change->listed, NULL, r < 0 ? &later : error);
	return r < 0 ? r : listed;
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
		r = sync_some(change, error);
	if (r < 0 && r != -ENOSPC)
		return r;
	if (r >= 0 && refused == 0 && !change->everything)
		return 0;
	if (r == -ENOSPC)
		refused = 0; /* of those that are out at least one is of this change */
	r = projection_sync(ledger, &changes, error);
	return r == -ENOSPC && ledger->report.refused <= refused ? 0 : r;
}

void change_measure(struct ledger *ledger, uint64_t since)
{
	struct ledger_report *report = &ledger->report;
	double seconds = (double)(clock_boot_ns() - since) / (double)NSEC_PER_SEC;

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
int change_not_in_force(int code, struct error *error)
{
	if (code >= 0)
		return code;
	return error_prefix(error, code == -ENOSPC ? -ENOSPC : -EIO, "stored, but not in force");
}

int change_finish(struct change *change, struct error *error)
{
	int armed, r = commit(change, error);

	if (r < 0)
		return r;
	forget_hits(change);
	r = change_not_in_force(enforce(change, error), error);
	settle_each(change->ledger, &change->lifted);
	if (r >= 0)
		change_measure(change->ledger, change->now.boot);
	armed = ledger_rearm(change->ledger, r < 0 ? NULL : error);
	return r < 0 ? r : armed;
}
