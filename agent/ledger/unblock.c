/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unblocked on request. */
#include <errno.h>

#include "base/prefix.h"
#include "ledger/change.h"
#include "ledger/item.h"
#include "ledger/requests.h"
#include "policy/policy.h"

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

/* Seconds until the sentence may be ended without force, rounded up. */
static uint64_t time_left(const struct change *change, const struct sentence *sentence)
{
	int64_t served = change->wall - sentence->date;

	if (sentence->deadline > change->boot)
		return clock_seconds_left(sentence->deadline, change->boot);
	if (sentence->deadline || served >= (int64_t)sentence->time)
		return 0;
	return sentence->time - (uint64_t)(served > 0 ? served : 0);
}

static int check(const struct change *change, const struct sentence *sentence,
		 const struct ledger_unblock_request *request, struct error *error)
{
	uint64_t left = time_left(change, sentence);

	if (left == 0 || request->force || request->forgive)
		return 0;
	return error_set(error, -EBUSY, "This IP address is still blocked for %llu seconds",
			 (unsigned long long)left);
}

static int forgive(struct ledger *ledger, struct sentence *sentence, struct error *error)
{
	if (sentence->offences > 0)
		sentence->offences--;
	return store_put_sentence(ledger->store, sentence, error);
}

static int end_sentence(struct ledger *ledger, struct sentence *sentence,
			const struct ledger_unblock_request *request,
			const struct ledger_actor *actor, struct error *error)
{
	_cleanup_change_ struct change change = {0};
	char source[ACTOR_TEXT_MAX];
	const struct cause cause = {actor_format(actor, source),
				    request->forgive ? "on request, forgiven"
				    : request->force ? "on request, forced"
						     : "on request"};
	int r = change_begin(&change, ledger, error);

	if (r >= 0)
		r = check(&change, sentence, request, error);
	if (r >= 0 && request->forgive)
		r = forgive(ledger, sentence, error);
	if (r >= 0)
		r = change_lift(&change, &sentence->prefix, &cause, error);
	return r < 0 ? r : change_finish(&change, error);
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
	r = store_get_sentence(ledger->store, &item.prefix, &sentence, error);
	if (r >= 0 && sentence.state == SENTENCE_BLOCKED)
		r = end_sentence(ledger, &sentence, request, actor, error);
	if (r < 0 || !ret)
		return r;
	return store_get_sentence(ledger->store, &item.prefix, ret, error);
}
