/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The allowlist changed by hand. */
#include <errno.h>

#include "base/prefix.h"
#include "ledger/item.h"
#include "ledger/requests.h"
#include "ledger/step.h"

static bool is_configured(const struct ledger *ledger, const struct smtpfence_prefix *prefix)
{
	return allowlist_configured(&ledger->config->policy.allow, prefix);
}

static int follow_store(struct ledger *ledger, struct error *error)
{
	struct allowlist allow;
	int r = allowlist_load(&ledger->config->policy.allow, ledger->store, &allow, error);

	if (r < 0)
		return r;
	allowlist_clear(&ledger->allow);
	ledger->allow = allow;
	return 0;
}

/* What lies in a prefix that comes to the allowlist (-1: blocks go), or leaves it (+1). */
struct inside {
	struct change *change;
	long step;
};

/* One slice of it. Sentences have been counted, as they were lifted. */
static int note_inside(const struct item *item, void *userdata)
{
	const struct inside *inside = userdata;
	struct change *change = inside->change;
	struct entry entry;

	if (change->listed.count > LEDGER_SLICE) {
		change->everything = true;
		return 1;
	}
	if (item->listings > 0 && item_wants_drop(change->ledger, item, &entry))
		change->wanted[prefix_family(&item->prefix)] += inside->step;
	return prefix_list_add(&change->listed, &item->prefix);
}

/* What the kernel has to be told of: what is inside is blocked again, let go, or an exception. */
static int note(struct change *change, const struct smtpfence_prefix *prefix, long step,
		struct error *error)
{
	const struct item_filter filter = {.in = prefix, .running = true};
	struct inside inside = {change, step};
	int r = prefix_list_add(&change->listed, prefix);

	if (r >= 0)
		r = item_each(change->ledger, &filter, note_inside, &inside, error);
	if (r == -ENOMEM)
		return error_set(error, r, "out of memory");
	return r < 0 ? r : 0;
}

/*
 * The transaction has the change already; memory follows before the kernel is told, and what is
 * blocked is counted while it does not know of the prefix. What cannot be committed must not stay
 * in memory, where it would let everybody through that it covers.
 */
static int finish(struct change *change, const struct smtpfence_prefix *prefix, bool added,
		  struct error *error)
{
	struct ledger *ledger = change->ledger;
	int r = added ? note(change, prefix, -1, error) : 0;

	if (r >= 0)
		r = follow_store(ledger, error);
	if (r >= 0 && !added)
		r = note(change, prefix, 1, error);
	if (r >= 0)
		r = change_finish(change, error);
	if (r < 0) {
		store_rollback(ledger->store);
		follow_store(ledger, NULL);
	}
	return r;
}

int ledger_allow_add(struct ledger *ledger, const struct smtpfence_prefix *prefix,
		     const char *reason, const struct ledger_actor *actor, struct error *error)
{
	const struct sentence_filter covered = {
		.by_state = true, .state = SENTENCE_BLOCKED, .in = prefix};
	_cleanup_change_ struct change change = {0};
	char text[PREFIX_TEXT_MAX];
	const struct cause allowed = {SOURCE_MANUAL, reason, actor};
	const struct cause lifted = {SOURCE_MANUAL, "on the allowlist", actor};
	int r;

	if (is_configured(ledger, prefix))
		return error_set(error, -EEXIST, "%s stands in policy.allow of %s already",
				 prefix_format(prefix, text), ledger->config->path);
	r = change_begin(&change, ledger, error);
	if (r >= 0)
		r = store_allow_add(ledger->store, prefix, reason, error);
	if (r >= 0)
		r = change_audit(&change, "allowed", prefix, NULL, &allowed, error);
	if (r >= 0)
		r = step_take_each(&change, &covered, POLICY_ALLOW, &lifted, error);
	return r < 0 ? r : finish(&change, prefix, true, error);
}

int ledger_allow_remove(struct ledger *ledger, const struct smtpfence_prefix *prefix,
			const struct ledger_actor *actor, struct error *error)
{
	_cleanup_change_ struct change change = {0};
	char text[PREFIX_TEXT_MAX];
	const struct cause cause = {SOURCE_MANUAL, NULL, actor};
	int r;

	if (is_configured(ledger, prefix))
		return error_set(error, -EPERM,
				 "%s stands in policy.allow of %s: remove it there and reload",
				 prefix_format(prefix, text), ledger->config->path);
	r = change_begin(&change, ledger, error);
	if (r >= 0)
		r = store_allow_remove(ledger->store, prefix, error);
	if (r >= 0)
		r = change_audit(&change, "disallowed", prefix, NULL, &cause, error);
	return r < 0 ? r : finish(&change, prefix, false, error);
}
