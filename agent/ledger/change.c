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
			change->wanted[prefix_family(prefix)] += step;
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
	change->ledger->changes++;
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

static size_t count_exceptions(const struct allowlist *allow, const struct prefix_list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct smtpfence_prefix *outer = &list->items[i];
		size_t next = allowlist_inside(allow, outer, 0);

		for (; next < allow->count && count <= LEDGER_SLICE; count++)
			next = allowlist_inside(allow, outer, next + 1);
	}
	return count;
}

/* A look at everything takes less time than one at so many exceptions. */
static bool is_large(const struct change *change)
{
	const struct allowlist *allow = &change->ledger->allow;

	return change->everything || count_exceptions(allow, &change->lifted) +
						     count_exceptions(allow, &change->touched) +
						     count_exceptions(allow, &change->listed) >
					     LEDGER_SLICE;
}

static int append(struct prefix_list *all, const struct prefix_list *list)
{
	int r = 0;

	for (size_t i = 0; i < list->count && r >= 0; i++)
		r = prefix_list_add(all, &list->items[i]);
	return r;
}

/* What is lifted stands first. */
static int gather(const struct change *change, struct prefix_list *all, struct error *error)
{
	int r = append(all, &change->lifted);

	if (r >= 0)
		r = append(all, &change->touched);
	if (r >= 0)
		r = append(all, &change->listed);
	return r < 0 ? error_set(error, r, "out of memory") : 0;
}

/* Leaves in `lifted` only what is gone from the kernel. */
static void keep_gone(struct change *change, const bool *done)
{
	struct prefix_list *lifted = &change->lifted;
	size_t gone = 0;

	for (size_t i = 0; i < lifted->count; i++)
		if (done[i])
			lifted->items[gone++] = lifted->items[i];
	lifted->count = gone;
}

static bool are_done(const bool *done, size_t from, size_t end)
{
	while (from < end && done[from])
		from++;
	return from == end;
}

/*
 * All in one call, since an exception needs to stay as long as there is a block around it, whatever
 * takes that away. That a sentence cannot be ended is no failure of the change. @ret_in: the map is
 * not too full for what the change itself brings.
 */
static int sync_some(struct change *change, bool *ret_in, struct error *error)
{
	_cleanup_(prefix_list_clear) struct prefix_list all = {0};
	_cleanup_free_ bool *done = NULL;
	int r = gather(change, &all, error);

	if (r >= 0)
		done = calloc(all.count + 1, sizeof(*done));
	if (!done) {
		change->lifted.count = 0;
		return error_set(error, -ENOMEM, "out of memory");
	}
	r = projection_sync_some(change->ledger, &all, done, error);
	*ret_in = are_done(done, change->lifted.count, all.count);
	if (r >= 0 || r == -ENOSPC)
		return r;
	keep_gone(change, done);
	if (!*ret_in)
		return r;
	settle_warn(error);
	return 0;
}

/* What could not be looked at is not known to be gone. */
static int sync_all(struct change *change, struct error *error)
{
	struct fence_changes changes;
	int r = projection_sync(change->ledger, &changes, error);

	if (r < 0 && r != -ENOSPC)
		change->lifted.count = 0;
	return r;
}

/*
 * Whether the map is full shows only here: then a sync finds out exactly what is out, and whether
 * room that this change has made can be used.
 */
static int enforce(struct change *change, struct error *error)
{
	const struct ledger_report *report = &change->ledger->report;
	size_t refused = report->refused;
	bool large = is_large(change), in = true;
	int r = large ? 0 : sync_some(change, &in, error);

	if (r < 0 && r != -ENOSPC)
		return r;
	if (r >= 0 && refused == 0 && !large)
		return 0;
	if (!in)
		refused = 0; /* of those that are out at least one is of this change */
	r = sync_all(change, error);
	return r == -ENOSPC && report->refused <= refused ? 0 : r;
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
	settle_gone(change->ledger, &change->lifted);
	if (r >= 0)
		change_measure(change->ledger, change->now.boot);
	armed = ledger_rearm(change->ledger, r < 0 ? NULL : error);
	return r < 0 ? r : armed;
}
