/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/projection.h"

#include <errno.h>

#include "base/array.h"
#include "base/prefix.h"
#include "ledger/apply.h"
#include "ledger/item.h"

#define LOOK_AT_CLOCK 256 /* items of a walk in slices */

void projection_clear(struct projection *projection)
{
	entries_clear(&projection->entries);
}

static int append(struct projection *projection, const struct entry *entry)
{
	struct entries *entries = &projection->entries;
	struct entry *items = array_grow(entries->items, entries->count, sizeof(*items));

	if (!items)
		return -ENOMEM;
	entries->items = items;
	entries->items[entries->count++] = *entry;
	return 0;
}

static int add_item(struct projection *projection, const struct item *item)
{
	enum smtpfence_family family = prefix_family(&item->prefix);
	struct scope *scope = &projection->scopes[family];
	struct entry entry;

	while (scope->depth > 0 && !prefix_contains(&scope->open[scope->depth - 1], &item->prefix))
		scope->depth--;
	if (item_wants_drop(projection->ledger, item, &entry)) {
		scope->open[scope->depth++] = item->prefix;
		projection->blocked[family]++;
		return append(projection, &entry);
	}
	if (!item->allowed || scope->depth == 0)
		return 0;
	entry = (struct entry){.prefix = item->prefix, .action = SMTPFENCE_ACTION_ALLOW};
	return append(projection, &entry);
}

static int project(const struct item *item, void *userdata)
{
	struct projection *projection = userdata;
	int r = add_item(projection, item);

	projection->last = item->prefix;
	if (r < 0 || !projection->in_slices || ++projection->visited % LOOK_AT_CLOCK > 0)
		return r;
	return apply_is_over(projection->since);
}

int projection_gather(struct projection *projection, struct error *error)
{
	const struct item_filter filter = {.running = true,
					   .after = projection->visited ? &projection->last : NULL};
	int r;

	projection->since = clock_boot_ns();
	r = item_each(projection->ledger, &filter, project, projection, error);
	if (r == -ENOMEM)
		return error_set(error, r, "out of memory over %zu entries for the kernel",
				 projection->entries.count);
	return r;
}

int projection_sync(struct ledger *ledger, struct fence_changes *ret, struct error *error)
{
	_cleanup_(projection_clear) struct projection projection = {.ledger = ledger};
	int r = projection_gather(&projection, error);

	if (r < 0)
		return r;
	r = fence_sync(ledger->fence, &projection.entries, ret, error);
	if (r < 0 && r != -ENOSPC)
		return r;
	ledger->report.blocked_ipv4 = projection.blocked[SMTPFENCE_FAMILY_IPV4];
	ledger->report.blocked_ipv6 = projection.blocked[SMTPFENCE_FAMILY_IPV6];
	ledger->report.refused = ret->refused;
	ledger->syncs++;
	return r;
}

/*
 * An allowlist entry stands in the kernel only where it makes a difference: where a block of at
 * least @from bits is wanted around it.
 */
static int plan_allowed(struct item_reader *reader, unsigned int from, struct fence_edit *edit,
			struct error *error)
{
	int r = item_is_covered(reader, &edit->entry.prefix, from, error);

	edit->entry.action = SMTPFENCE_ACTION_ALLOW;
	edit->clear = r == 0;
	return r < 0 ? r : 0;
}

/* Whether a DROP entry came (1) or went (-1) with this edit of a list. */
static int count_edit(const struct ledger *ledger, const struct list_edit *edit,
		      const struct item *item, bool wanted)
{
	bool running = item->sentenced && item->state == SENTENCE_BLOCKED;

	if (edit->kind == LIST_ADD)
		return wanted && !running && item->listings == 1;
	if (edit->kind == LIST_REMOVE && !wanted)
		return -!allowlist_covers(&ledger->allow, &edit->prefix);
	return 0;
}

static struct fence_edit edit_of(const struct smtpfence_prefix *prefix)
{
	return (struct fence_edit){.entry = {.prefix = *prefix, .action = SMTPFENCE_ACTION_DROP}};
}

static int plan_edit(struct item_reader *reader, const struct list_edit *edit,
		     struct fence_edit *ret, struct error *error)
{
	struct ledger *ledger = reader->ledger;
	struct ledger_report *report = &ledger->report;
	struct item item;
	bool wanted;
	int r = item_read(reader, &edit->prefix, &item, error);

	if (r < 0)
		return r;
	*ret = edit_of(&edit->prefix);
	wanted = item_wants_drop(ledger, &item, &ret->entry);
	if (!wanted && item.allowed)
		r = plan_allowed(reader, 0, ret, error);
	else
		ret->clear = !wanted;
	*(prefix_is_ipv4(&edit->prefix) ? &report->blocked_ipv4 : &report->blocked_ipv6) +=
		(size_t)count_edit(ledger, edit, &item, wanted);
	return r;
}

int projection_sync_edits(struct ledger *ledger, const struct list_edit *edits, size_t count,
			  bool removing, struct error *error)
{
	_cleanup_free_ struct fence_edit *plans = calloc(count + 1, sizeof(*plans));
	_cleanup_(item_reader_close) struct item_reader reader = {0};
	size_t planned = 0;
	int r;

	if (!plans)
		return error_set(error, -ENOMEM, "out of memory over %zu entries for the kernel",
				 count);
	r = item_reader_open(&reader, ledger, error);
	for (size_t i = 0; i < count && r >= 0; i++)
		if ((edits[i].kind == LIST_REMOVE) == removing)
			r = plan_edit(&reader, &edits[i], &plans[planned++], error);
	return r < 0 ? r : fence_edit_each(ledger->fence, plans, planned, error);
}

/* What is to become of some prefixes and, behind them, of the exceptions inside. */
struct plans {
	struct fence_edit *items;
	size_t count;
	struct item_reader reader;
};

static void plans_clear(struct plans *plans)
{
	item_reader_close(&plans->reader);
	free(plans->items);
}

static int plans_add(struct plans *plans, const struct fence_edit *edit, struct error *error)
{
	struct fence_edit *items = array_grow(plans->items, plans->count, sizeof(*items));

	if (!items)
		return error_set(error, -ENOMEM, "out of memory over %zu entries for the kernel",
				 plans->count);
	plans->items = items;
	plans->items[plans->count++] = *edit;
	return 0;
}

static int plan(struct plans *plans, const struct smtpfence_prefix *prefix, struct error *error)
{
	struct fence_edit edit = edit_of(prefix);
	struct item item;
	int r = item_read(&plans->reader, prefix, &item, error);

	if (r < 0)
		return r;
	edit.clear = !item_wants_drop(plans->reader.ledger, &item, &edit.entry);
	if (item.allowed)
		r = plan_allowed(&plans->reader, 0, &edit, error);
	return r < 0 ? r : plans_add(plans, &edit, error);
}

/* Whether a block is wanted that covers all that lies in the prefix of @edit. */
static int covers_inside(struct plans *plans, const struct fence_edit *edit, struct error *error)
{
	return edit->clear ? item_is_covered(&plans->reader, &edit->entry.prefix, 0, error) : 1;
}

/* Exceptions come and go with the blocks around them. */
static int plan_inside(struct plans *plans, size_t outer, struct error *error)
{
	const struct fence_edit around = plans->items[outer];
	const struct allowlist *allow = &plans->reader.ledger->allow;
	size_t i = allowlist_inside(allow, &around.entry.prefix, 0);
	int r = 0, covered = i < allow->count ? covers_inside(plans, &around, error) : 0;

	for (; i < allow->count && covered >= 0 && r >= 0;
	     i = allowlist_inside(allow, &around.entry.prefix, i + 1)) {
		struct fence_edit edit = edit_of(&allow->items[i]);

		edit.entry.action = SMTPFENCE_ACTION_ALLOW;
		if (!covered)
			r = plan_allowed(&plans->reader, around.entry.prefix.length + 1, &edit,
					 error);
		if (r >= 0)
			r = plans_add(plans, &edit, error);
	}
	return covered < 0 ? covered : r;
}

static int plan_each(struct plans *plans, struct ledger *ledger, const struct prefix_list *list,
		     struct error *error)
{
	size_t own;
	int r = list->count > 0 ? item_reader_open(&plans->reader, ledger, error) : 0;

	for (size_t i = 0; i < list->count && r >= 0; i++)
		r = plan(plans, &list->items[i], error);
	own = plans->count;
	for (size_t i = 0; i < own && r >= 0; i++)
		r = plan_inside(plans, i, error);
	return r;
}

int projection_sync_some(struct ledger *ledger, const struct prefix_list *list, bool *done,
			 struct error *error)
{
	_cleanup_(plans_clear) struct plans plans = {0};
	int r = plan_each(&plans, ledger, list, error);

	if (r < 0)
		return r;
	r = fence_edit_each(ledger->fence, plans.items, plans.count, error);
	for (size_t i = 0; i < list->count && done; i++)
		done[i] = plans.items[i].done;
	return r;
}

int projection_set_exception(struct ledger *ledger, const struct smtpfence_prefix *prefix,
			     struct error *error)
{
	_cleanup_(plans_clear) struct plans plans = {0};
	int r = item_reader_open(&plans.reader, ledger, error);

	if (r >= 0)
		r = plan(&plans, prefix, error);
	if (r < 0 || plans.count == 0 || plans.items[0].clear)
		return r;
	return fence_edit_each(ledger->fence, plans.items, plans.count, error);
}

/*
 * A listing that has ended, of which the kernel lets the source go already, is about to leave its
 * list. 1, 0, or a negative errno.
 */
static int is_ending(const struct plans *plans, const struct fence_edit *edit,
		     const struct fence_present *present, struct error *error)
{
	uint64_t now = clock_boot_ns();

	if (!present->there || present->deadline == 0 || present->deadline > now)
		return 0;
	if (!edit->clear && (edit->entry.deadline == 0 || edit->entry.deadline > now))
		return 0;
	return store_is_listed(plans->reader.finder, &edit->entry.prefix, 0, error);
}

static bool is_right(const struct fence_edit *edit, const struct fence_present *present)
{
	if (edit->clear || !present->there)
		return edit->clear && !present->there;
	return present->action == edit->entry.action && present->deadline == edit->entry.deadline;
}

/* Moves to the front what is to be mended, the first @own of which stay the first. */
static int keep_wrong(struct plans *plans, struct fence_present *present, size_t *own,
		      struct error *error)
{
	size_t kept = 0, kept_own = 0;

	for (size_t i = 0; i < plans->count; i++) {
		int r = is_right(&plans->items[i], &present[i])
				? 1
				: is_ending(plans, &plans->items[i], &present[i], error);

		if (r < 0)
			return r;
		if (r > 0)
			continue;
		kept_own += i < *own;
		plans->items[kept] = plans->items[i];
		present[kept++] = present[i];
	}
	plans->count = kept;
	*own = kept_own;
	return 0;
}

static void count_drift(const struct plans *plans, const struct fence_present *present, size_t own,
			struct fence_changes *drift)
{
	for (size_t i = 0; i < own; i++) {
		const struct fence_edit *edit = &plans->items[i];

		drift->refused += !edit->done && !edit->clear;
		drift->added += edit->done && !present[i].there;
		drift->updated += edit->done && present[i].there && !edit->clear;
		drift->removed += edit->done && edit->clear;
	}
}

int projection_mend(struct ledger *ledger, const struct prefix_list *list,
		    struct fence_changes *drift, struct error *error)
{
	_cleanup_(plans_clear) struct plans plans = {0};
	_cleanup_free_ struct fence_present *present = NULL;
	size_t own = list->count;
	int r = plan_each(&plans, ledger, list, error);

	if (r < 0)
		return r;
	present = calloc(plans.count + 1, sizeof(*present));
	if (!present)
		return error_set(error, -ENOMEM, "out of memory");
	r = fence_look_each(ledger->fence, plans.items, plans.count, present, error);
	if (r >= 0)
		r = keep_wrong(&plans, present, &own, error);
	if (r < 0)
		return r;
	r = fence_edit_each(ledger->fence, plans.items, plans.count, error);
	count_drift(&plans, present, own, drift);
	return r;
}
