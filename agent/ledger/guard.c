/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/guard.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/prefix.h"
#include "ledger/change.h"
#include "policy/policy.h"

/* With fewer blocks than that a share says nothing: a list of three must be able to change. */
#define SHARE_COUNTS_FROM 10

int guard_check(const struct config_guard *guard, const struct guard_load *load,
		struct error *error)
{
	if (load->blocked > guard->max_new_blocks)
		return error_set(error, -EBUSY,
				 "%zu new blocks are more than %llu: raise "
				 "policy.guard.max_new_blocks and reload, or correct the feed",
				 load->blocked, (unsigned long long)guard->max_new_blocks);
	if (load->before >= SHARE_COUNTS_FROM &&
	    load->lifted * 100 > load->before * guard->max_removed_share)
		return error_set(error, -EBUSY,
				 "lifting %zu of %zu blocks is more than %u%%: raise "
				 "policy.guard.max_removed_share and reload, or correct the feed",
				 load->lifted, load->before, guard->max_removed_share);
	return 0;
}

static unsigned int limit_of(const struct config_widest *widest,
			     const struct smtpfence_prefix *prefix)
{
	unsigned int limit = 0;

	if (widest)
		limit = prefix_is_ipv4(prefix) ? widest->ipv4 : widest->ipv6;
	return limit ? limit : prefix_widest(prefix);
}

int guard_check_width(const struct config_widest *widest, const struct smtpfence_prefix *prefix,
		      struct error *error)
{
	unsigned int limit = limit_of(widest, prefix);
	char text[PREFIX_TEXT_MAX];

	if (prefix_family_length(prefix) >= limit)
		return 0;
	return error_set(error, -EBUSY,
			 "%s is wider than /%u: correct the feed, let it (`widest`) and reload, or "
			 "block it by hand with `smtpfence block %s --force`",
			 prefix_format(prefix, text), limit, text);
}

#define KEY_MAX (SENTENCE_SOURCE_MAX + 8)

static const char *held_key(const char *feed, char key[KEY_MAX])
{
	snprintf(key, KEY_MAX, "held:%s", feed);
	return key;
}

static int note(struct ledger *ledger, const char *key, const char *value, const char *event,
		const struct cause *cause, struct error *error)
{
	_cleanup_change_ struct change change = {0};
	int r = change_begin(&change, ledger, error);

	if (r >= 0)
		r = store_put_setting(ledger->store, key, value, error);
	if (r >= 0)
		r = change_audit(&change, event, NULL, NULL, cause, error);
	return r < 0 ? r : store_commit(ledger->store, error);
}

int guard_hold(struct ledger *ledger, const char *feed, const struct error *problem,
	       struct error *error)
{
	const struct cause cause = {feed, problem->text, NULL};
	char key[KEY_MAX], known[ERROR_TEXT_MAX];
	int r = store_get_setting(ledger->store, held_key(feed, key), known, sizeof(known), error);

	if (r < 0 || strcmp(known, problem->text) == 0)
		return r;
	return note(ledger, key, problem->text, "held", &cause, error);
}

int guard_release(struct ledger *ledger, const char *feed, struct error *error)
{
	const struct cause cause = {feed, "what it says is in force again", NULL};
	char key[KEY_MAX], known[ERROR_TEXT_MAX];
	int r = store_get_setting(ledger->store, held_key(feed, key), known, sizeof(known), error);

	if (r < 0 || !known[0])
		return r;
	return note(ledger, key, "", "released", &cause, error);
}
