/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unblocked on request. */
#include <errno.h>

#include "base/prefix.h"
#include "ledger/item.h"
#include "ledger/requests.h"
#include "ledger/step.h"

static int not_blocked(struct ledger *ledger, const struct smtpfence_prefix *prefix,
		       struct error *error)
{
	char text[PREFIX_TEXT_MAX], wider[PREFIX_TEXT_MAX];
	struct item cover;
	int r = item_find_cover(ledger, prefix, &cover, error);

	prefix_format(prefix, text);
	if (r == -ENOENT)
		return error_set(error, r, "%s is not blocked", text);
	if (r < 0)
		return r;
	return error_set(error, -ENOENT, "%s is not blocked itself, it lies in %s, which is", text,
			 prefix_format(&cover.prefix, wider));
}

static bool is_blocked(const struct ledger *ledger, const struct item *item)
{
	struct entry entry;

	return item->state == SENTENCE_UNBLOCKING || item_wants_drop(ledger, item, &entry);
}

/* The prefix's own row, or its unit's. */
static int find_blocked(struct ledger *ledger, const struct smtpfence_prefix *prefix,
			struct item *ret, struct error *error)
{
	const struct smtpfence_prefix unit = policy_unit(&ledger->config->policy, prefix);
	int r = item_get(ledger, prefix, ret, error);

	if (r < 0 || is_blocked(ledger, ret))
		return r;
	r = item_get(ledger, &unit, ret, error);
	if (r < 0 || is_blocked(ledger, ret))
		return r;
	return not_blocked(ledger, prefix, error);
}

static const char *reason_of(enum policy_event event)
{
	switch (event) {
	case POLICY_FORCE:
		return "on request, forced";
	case POLICY_FORGIVE:
		return "on request, forgiven";
	default:
		return "on request";
	}
}

static int refuse(const struct change *change, const struct sentence *sentence, struct error *error)
{
	return error_set(error, -EBUSY, "This IP address is still blocked for %llu seconds",
			 (unsigned long long)policy_left(sentence, &change->now));
}

/* On return @ret is the sentence as it is stored then. */
static int end_sentence(struct ledger *ledger, const struct smtpfence_prefix *prefix,
			const struct ledger_unblock_request *request,
			const struct ledger_actor *actor, struct sentence *ret, struct error *error)
{
	_cleanup_change_ struct change change = {0};
	struct cause cause = {SOURCE_MANUAL, NULL, actor};
	struct policy_case asked;
	int r = change_begin(&change, ledger, error);

	if (r >= 0)
		r = step_load(ledger, prefix, ret, error);
	if (r < 0)
		return r;
	asked = policy_hear(ret, request->force, request->forgive, &change.now);
	cause.reason = reason_of(asked.event);
	r = step_take(&change, ret, &asked, &cause, error);
	if (r == POLICY_REFUSED)
		r = refuse(&change, ret, error);
	if (r > 0)
		r = change_finish(&change, error);
	return r < 0 ? r : store_get_sentence(ledger->store, prefix, ret, error);
}

int ledger_unblock(struct ledger *ledger, const struct ledger_unblock_request *request,
		   const struct ledger_actor *actor, struct sentence *ret, struct error *error)
{
	struct sentence sentence;
	char text[PREFIX_TEXT_MAX];
	struct item item;
	int r = find_blocked(ledger, &request->prefix, &item, error);

	if (r < 0)
		return r;
	if (item.listings > 0)
		return error_set(error, -EPERM,
				 "%s is listed by feed \"%s\": remove it there, or use "
				 "`smtpfence allow add`",
				 prefix_format(&item.prefix, text), item.feeds[0]);
	r = end_sentence(ledger, &item.prefix, request, actor, &sentence, error);
	if (r >= 0 && ret)
		*ret = sentence;
	return r;
}
