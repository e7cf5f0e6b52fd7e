/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/settle.h"

#include <errno.h>

#include "base/log.h"
#include "ledger/gather.h"
#include "ledger/projection.h"
#include "ledger/step.h"

/* Leaves in @list what is gone from the kernel. Returns the first problem, after trying all. */
static int keep_gone(struct ledger *ledger, struct prefix_list *list, struct error *error)
{
	_cleanup_free_ bool *done = calloc(list->count + 1, sizeof(*done));
	size_t gone = 0;
	int r;

	if (!done)
		return error_set(error, -ENOMEM, "out of memory");
	r = projection_sync_some(ledger, list, done, error);
	/* What a list wants all the same, and finds no room, is not in the kernel. */
	if (r == -ENOSPC)
		return 0;
	for (size_t i = 0; i < list->count; i++)
		if (done[i])
			list->items[gone++] = list->items[i];
	list->count = gone;
	return r;
}

static int confirm(struct change *change, struct sentence_reader *reader,
		   const struct smtpfence_prefix *prefix, struct error *error)
{
	static const struct policy_case gone = {.event = POLICY_GONE};
	static const struct cause cause = {"kernel", "confirmed: its entry is gone", NULL};
	struct sentence sentence;
	int r = step_read(reader, prefix, &sentence, error);

	return r < 0 ? r : step_take(change, &sentence, &gone, &cause, error);
}

static int confirm_each(struct ledger *ledger, const struct prefix_list *list, struct error *error)
{
	_cleanup_change_ struct change change = {0};
	struct sentence_reader reader;
	size_t freed = 0;
	int r = change_begin(&change, ledger, error);

	sentence_reader_begin(&reader, ledger->store);
	for (size_t i = 0; i < list->count && r >= 0; i++) {
		r = confirm(&change, &reader, &list->items[i], error);
		freed += r > 0;
	}
	if (r >= 0)
		r = store_commit(ledger->store, error);
	if (r >= 0)
		ledger->report.transitions_unblocked += freed;
	return r;
}

void settle_warn(const struct error *error)
{
	log_warning("still unblocking, tried again in the next audit: %s", error->text);
}

void settle_gone(struct ledger *ledger, const struct prefix_list *list)
{
	struct error error;

	if (list->count > 0 && confirm_each(ledger, list, &error) < 0)
		settle_warn(&error);
}

static int settle(struct ledger *ledger, struct prefix_list *list, struct error *error)
{
	int confirmed = 0, r = list->count ? keep_gone(ledger, list, error) : 0;

	if (list->count > 0)
		confirmed = confirm_each(ledger, list, r < 0 ? NULL : error);
	return r < 0 ? r : confirmed;
}

void settle_leftovers(struct ledger *ledger)
{
	static const struct sentence_filter ending = {
		.by_state = true, .state = SENTENCE_UNBLOCKING, .limit = LEDGER_SLICE};
	_cleanup_(prefix_list_clear) struct prefix_list list = {0};
	struct error error;
	int r = gather_sentences(&list, ledger->store, &ending, &error);
	size_t found = list.count;

	if (r >= 0)
		r = settle(ledger, &list, &error);
	if (r < 0)
		settle_warn(&error);
	/* One that cannot be taken away must not be tried for ever. */
	ledger->leftovers = r >= 0 && found == LEDGER_SLICE;
}
