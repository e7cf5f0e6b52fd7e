/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/inspect.h"

#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/prefix.h"
#include "ledger/apply.h"
#include "ledger/change.h"
#include "ledger/projection.h"
#include "ledger/settle.h"
#include "ledger/wall.h"

#define ENTRIES_AT_ONCE 4096 /* that have been marked */
#define MEND_AT_ONCE	64

struct inspection {
	struct ledger *ledger;
	int (*step)(struct inspection *inspection, struct error *error);
	unsigned long syncs, changes; /* of the ledger, at the beginning */
	struct projection wanted;
	bool *right; /* of the entries wanted: seen in the kernel as they should be, or suspected */
	struct fence_review *review;
	enum smtpfence_action turn;		 /* of those that are missing */
	struct prefix_list suspects, exceptions; /* exceptions that are not wanted go last */
	size_t next;				 /* entry, or suspect */
	struct fence_changes drift;
};

static void inspection_free(struct inspection *inspection)
{
	if (!inspection)
		return;
	projection_clear(&inspection->wanted);
	free(inspection->right);
	fence_review_free(inspection->review);
	prefix_list_clear(&inspection->suspects);
	prefix_list_clear(&inspection->exceptions);
	free(inspection);
}

void inspect_end(struct ledger *ledger)
{
	inspection_free(STEAL(ledger->inspection));
}

static int note_drift(struct ledger *ledger, const struct fence_changes *drift, struct error *error)
{
	_cleanup_change_ struct change change = {0};
	char reason[128];
	const struct cause cause = {"audit", reason, NULL};
	int r;

	if (drift->added + drift->updated + drift->removed == 0)
		return 0;
	ledger->report.drift_missing += drift->added;
	ledger->report.drift_wrong += drift->updated;
	ledger->report.drift_extra += drift->removed;
	snprintf(reason, sizeof(reason), "%zu entries missing, %zu wrong, %zu extra: mended",
		 drift->added, drift->updated, drift->removed);
	log_warning("the kernel's maps were not what the store says: %s", reason);
	r = change_begin(&change, ledger, error);
	if (r >= 0)
		r = change_audit(&change, "drift", NULL, NULL, &cause, error);
	return r < 0 ? r : store_commit(ledger->store, error);
}

/* A full map is said when it begins to be, or when other than before is out. */
static int note_refused(struct ledger *ledger, size_t refused, struct error *error)
{
	size_t before = ledger->report.refused;

	ledger->report.refused = refused;
	if (refused == 0 || refused == before)
		return 0;
	return error_set(error, -ENOSPC,
			 "the kernel's map is full: %zu entries are not in force; raise "
			 "limits.blocks or limits.prefixes and restart smtpfenced",
			 refused);
}

/* That the wall clock was set is no drift. */
static int conclude(struct inspection *inspection, struct error *error)
{
	struct ledger *ledger = inspection->ledger;
	int noted = 0, r = note_refused(ledger, inspection->drift.refused, error);

	if (!ledger->wall_set)
		noted = note_drift(ledger, &inspection->drift, r < 0 ? NULL : error);
	ledger->wall_set = false;
	if (noted >= 0)
		noted = store_note_clock(ledger->store, r < 0 ? NULL : error);
	return r < 0 ? r : noted;
}

static int review_hits(struct inspection *inspection, struct error *error)
{
	uint64_t since = clock_boot_ns();
	int r = 1;

	while (r > 0 && !apply_is_over(since))
		r = fence_review_hits(inspection->review, error);
	return r != 0 ? r : conclude(inspection, error);
}

static int mend(struct inspection *inspection, struct error *error)
{
	struct prefix_list *suspects = &inspection->suspects;
	uint64_t since = clock_boot_ns();
	int r = 0;

	while ((r >= 0 || r == -ENOSPC) && inspection->next < suspects->count &&
	       !apply_is_over(since)) {
		struct prefix_list some = {suspects->items + inspection->next,
					   suspects->count - inspection->next};

		if (some.count > MEND_AT_ONCE)
			some.count = MEND_AT_ONCE;
		inspection->next += some.count;
		r = projection_mend(inspection->ledger, &some, &inspection->drift, error);
	}
	if (r < 0 && r != -ENOSPC)
		return r;
	if (inspection->next == suspects->count)
		inspection->step = review_hits;
	return 1;
}

static int suspect(struct prefix_list *list, const struct smtpfence_prefix *prefix,
		   struct error *error)
{
	int r = prefix_list_add(list, prefix);

	return r < 0 ? error_set(error, r, "out of memory over %zu entries", list->count) : 0;
}

/* Those that are not wanted, last: then the blocks around them are gone. */
static int suspect_exceptions(struct inspection *inspection, struct error *error)
{
	int r = 0;

	for (size_t i = 0; i < inspection->exceptions.count && r >= 0; i++)
		r = suspect(&inspection->suspects, &inspection->exceptions.items[i], error);
	projection_clear(&inspection->wanted);
	inspection->step = mend;
	return r < 0 ? r : 1;
}

/* Whatever was not seen as it should be; exceptions go before the blocks around them. */
static int suspect_missing(struct inspection *inspection, struct error *error)
{
	const struct entries *wanted = &inspection->wanted.entries;
	size_t end = inspection->next + ENTRIES_AT_ONCE;
	int r = 0;

	for (; inspection->next < wanted->count && inspection->next < end && r >= 0;
	     inspection->next++) {
		const struct entry *entry = &wanted->items[inspection->next];

		if (!inspection->right[inspection->next] && entry->action == inspection->turn)
			r = suspect(&inspection->suspects, &entry->prefix, error);
	}
	if (r < 0 || inspection->next < wanted->count)
		return r < 0 ? r : 1;
	inspection->next = 0;
	if (inspection->turn == SMTPFENCE_ACTION_DROP)
		inspection->step = suspect_exceptions;
	inspection->turn = SMTPFENCE_ACTION_DROP;
	return 1;
}

static int compare_prefix(const void *key, const void *item)
{
	return prefix_compare(key, &((const struct entry *)item)->prefix);
}

static int compare_entry(struct inspection *inspection, const struct entry *present,
			 struct error *error)
{
	const struct entries *wanted = &inspection->wanted.entries;
	const struct entry *found =
		wanted->count > 0 ? bsearch(&present->prefix, wanted->items, wanted->count,
					    sizeof(*present), compare_prefix)
				  : NULL;

	if (!found)
		return suspect(present->action == SMTPFENCE_ACTION_ALLOW ? &inspection->exceptions
									 : &inspection->suspects,
			       &present->prefix, error);
	inspection->right[found - wanted->items] =
		found->action == present->action && found->deadline == present->deadline;
	return 0;
}

static int compare(struct inspection *inspection, struct error *error)
{
	uint64_t since = clock_boot_ns();
	const struct entries *present;
	int r;

	do {
		r = fence_review_read(inspection->review, &present, error);
		for (size_t i = 0; r >= 0 && i < present->count; i++)
			r = compare_entry(inspection, &present->items[i], error);
	} while (r >= 0 && present->count > 0 && !apply_is_over(since));
	if (r < 0)
		return r;
	if (present->count == 0)
		inspection->step = suspect_missing;
	return 1;
}

/* Blocks are counted anew, if nothing has changed while they were. */
static void count_blocked(const struct inspection *inspection)
{
	struct ledger *ledger = inspection->ledger;
	const size_t *blocked = inspection->wanted.blocked;

	if (ledger->changes != inspection->changes)
		return;
	ledger->report.blocked_ipv4 = blocked[SMTPFENCE_FAMILY_IPV4];
	ledger->report.blocked_ipv6 = blocked[SMTPFENCE_FAMILY_IPV6];
}

static int gather(struct inspection *inspection, struct error *error)
{
	int r = projection_gather(&inspection->wanted, error);

	if (r != 0)
		return r;
	count_blocked(inspection);
	inspection->right = calloc(inspection->wanted.entries.count + 1, sizeof(bool));
	if (!inspection->right)
		return error_set(error, -ENOMEM, "out of memory");
	inspection->step = compare;
	r = fence_review_begin(inspection->ledger->fence, &inspection->review, error);
	return r < 0 ? r : 1;
}

/* Of deadlines that lists tell, those in the kernel are wrong until an audit has come to its end.
 */
static int follow_wall(struct ledger *ledger, struct error *error)
{
	int r = wall_follow(ledger, error);

	if (r <= 0)
		return r;
	log_info("the wall clock was set: entries of lists get new deadlines");
	ledger->wall_set = true;
	return 0;
}

static int begin(struct ledger *ledger, struct error *error)
{
	struct inspection *inspection = calloc(1, sizeof(*inspection));

	if (!inspection)
		return error_set(error, -ENOMEM, "out of memory");
	*inspection = (struct inspection){
		.ledger = ledger,
		.step = gather,
		.turn = SMTPFENCE_ACTION_ALLOW,
		.syncs = ledger->syncs,
		.changes = ledger->changes,
		.wanted = {.ledger = ledger, .in_slices = true},
	};
	ledger->inspection = inspection;
	return 1;
}

static int prepare(struct ledger *ledger, struct error *error)
{
	int r;

	settle_leftovers(ledger);
	r = follow_wall(ledger, error);
	if (r >= 0)
		r = ledger_rearm(ledger, error);
	if (r < 0)
		return r;
	return ledger->unfinished > 0 ? store_note_clock(ledger->store, error)
				      : begin(ledger, error);
}

static bool is_overtaken(const struct inspection *inspection)
{
	const struct ledger *ledger = inspection->ledger;

	return ledger->unfinished > 0 || ledger->syncs != inspection->syncs;
}

int inspect_step(struct ledger *ledger, struct error *error)
{
	struct inspection *inspection = ledger->inspection;
	int r;

	if (!inspection)
		return prepare(ledger, error);
	r = is_overtaken(inspection) ? store_note_clock(ledger->store, error)
				     : inspection->step(inspection, error);
	if (r <= 0)
		inspect_end(ledger);
	return r;
}
