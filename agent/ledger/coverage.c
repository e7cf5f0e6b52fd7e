/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An interface that cannot be covered is an event, and so is the end of that. What is covered from
 * the start on is none: guests come and go all day.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/log.h"
#include "ledger/internal.h"

static bool is_uncovered(const struct coverage *coverage, unsigned int ifindex)
{
	for (size_t i = 0; i < coverage->count; i++)
		if (coverage->uncovered[i] == ifindex)
			return true;
	return false;
}

static int remember(struct coverage *coverage, unsigned int ifindex)
{
	unsigned int *longer =
		array_grow(coverage->uncovered, coverage->count, sizeof(*coverage->uncovered));

	if (!longer)
		return -ENOMEM;
	coverage->uncovered = longer;
	coverage->uncovered[coverage->count++] = ifindex;
	return 0;
}

static void forget(struct coverage *coverage, unsigned int ifindex)
{
	for (size_t i = 0; i < coverage->count; i++)
		if (coverage->uncovered[i] == ifindex)
			coverage->uncovered[i--] = coverage->uncovered[--coverage->count];
}

static int write_down(struct store *store, const char *event,
		      const struct fence_interface *interface, const char *reason,
		      struct error *error)
{
	struct audit audit = {.ts = clock_wall()};
	int r = store_begin(store, error);

	store_cut_text(audit.event, sizeof(audit.event), event);
	store_cut_text(audit.source, sizeof(audit.source), "fence");
	store_cut_text(audit.reason, sizeof(audit.reason), reason);
	store_cut_text(audit.interface, sizeof(audit.interface), interface->name);
	if (r >= 0)
		r = store_add_audit(store, &audit, error);
	if (r >= 0)
		r = store_commit(store, error);
	if (r < 0)
		store_rollback(store);
	return r;
}

static int note(struct ledger *ledger, const struct fence_interface *interface, bool gone,
		struct error *error)
{
	struct coverage *coverage = &ledger->coverage;
	bool was_uncovered = is_uncovered(coverage, interface->ifindex);
	const char *reason = gone ? "gone, or no longer named by a rule" : interface->reason;

	if (gone || interface->covered) {
		if (!was_uncovered)
			return 0;
		forget(coverage, interface->ifindex);
		return write_down(ledger->store, gone ? "gone" : "covered", interface, reason,
				  error);
	}
	if (!was_uncovered && remember(coverage, interface->ifindex) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	return write_down(ledger->store, "uncovered", interface, reason, error);
}

void ledger_note_interface(const struct fence_interface *interface, bool gone, void *userdata)
{
	struct error error;

	if (note(userdata, interface, gone, &error) < 0)
		log_warning("%s: no event is written: %s", interface->name, error.text);
}
