/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocked by hand. */
#include <errno.h>
#include <stdio.h>

#include "base/prefix.h"
#include "ledger/requests.h"
#include "ledger/step.h"

const char *actor_format(const struct ledger_actor *actor, char text[ACTOR_TEXT_MAX])
{
	snprintf(text, ACTOR_TEXT_MAX, SOURCE_MANUAL " uid=%u", actor->uid);
	return text;
}

static int check(const struct ledger *ledger, const struct smtpfence_prefix *unit,
		 const struct ledger_block_request *request, struct error *error)
{
	char text[PREFIX_TEXT_MAX], max[DURATION_TEXT_MAX];
	const struct config_policy *policy = &ledger->config->policy;

	prefix_format(unit, text);
	if (allowlist_covers(&ledger->allow, &request->prefix) ||
	    allowlist_covers(&ledger->allow, unit))
		return error_set(error, -EEXIST, "%s is on the allowlist: take it off there first",
				 text);
	if (prefix_too_wide(unit) && !request->force)
		return error_set(error, -EDOM,
				 "%s is wider than /24 (IPv4) or /48 (IPv6): blocked only with "
				 "--force",
				 text);
	if (request->time > policy->max)
		return error_set(error, -ERANGE, "longer than policy.max, which is %s",
				 duration_format(policy->max, max));
	return 0;
}

int ledger_block(struct ledger *ledger, const struct ledger_block_request *request,
		 const struct ledger_actor *actor, struct sentence *ret, struct error *error)
{
	const struct policy_case ordered = {.event = POLICY_ORDER, .time = request->time};
	const struct cause cause = {SOURCE_MANUAL, request->reason, actor};
	const struct smtpfence_prefix unit = policy_unit(&ledger->config->policy, &request->prefix);
	_cleanup_change_ struct change change = {0};
	struct sentence sentence;
	int r = check(ledger, &unit, request, error);

	if (r >= 0)
		r = change_begin(&change, ledger, error);
	if (r >= 0)
		r = step_load(ledger, &unit, &sentence, error);
	if (r >= 0)
		r = step_take(&change, &sentence, &ordered, &cause, error);
	if (r < 0)
		return r;
	if (ret)
		*ret = sentence;
	return change_finish(&change, error);
}
