/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody decides over a feed, kept and audited. */
#include <stdio.h>

#include "base/log.h"
#include "ledger/apply.h"
#include "ledger/change.h"
#include "ledger/requests.h"

#define KEY_MAX (SENTENCE_SOURCE_MAX + 8)

static const char *paused_key(const char *feed, char key[KEY_MAX])
{
	snprintf(key, KEY_MAX, "paused:%s", feed);
	return key;
}

bool ledger_feed_is_paused(const char *feed, void *userdata)
{
	struct ledger *ledger = userdata;
	char key[KEY_MAX], value[8] = "";
	struct error error;

	if (store_get_setting(ledger->store, paused_key(feed, key), value, sizeof(value), &error) <
	    0)
		log_error("feed \"%s\": whether it is paused: %s", feed, error.text);
	return value[0] != '\0';
}

/* The event tells the feed as its reason: its source is who decided. */
static int audit(struct change *change, const char *event, const char *feed,
		 const struct ledger_actor *actor, struct error *error)
{
	char reason[AUDIT_TEXT_MAX];
	const struct cause cause = {SOURCE_MANUAL, reason, actor};

	snprintf(reason, sizeof(reason), "feed %s", feed);
	return change_audit(change, event, NULL, NULL, &cause, error);
}

int ledger_pause_feed(struct ledger *ledger, const char *feed, bool paused,
		      const struct ledger_actor *actor, struct error *error)
{
	_cleanup_change_ struct change change = {0};
	char key[KEY_MAX];
	int r = change_begin(&change, ledger, error);

	if (r >= 0)
		r = store_put_setting(ledger->store, paused_key(feed, key), paused ? "1" : "",
				      error);
	if (r >= 0)
		r = audit(&change, paused ? "paused" : "resumed", feed, actor, error);
	return r < 0 ? r : store_commit(ledger->store, error);
}

int ledger_reset_feed(struct ledger *ledger, const char *feed, const struct ledger_actor *actor,
		      struct error *error)
{
	_cleanup_change_ struct change change = {0};
	int r = change_begin(&change, ledger, error);

	if (r >= 0)
		r = store_drop_cursor(ledger->store, feed, error);
	if (r >= 0)
		r = audit(&change, "reset", feed, actor, error);
	return r < 0 ? r : store_commit(ledger->store, error);
}

int ledger_note_applied(struct ledger *ledger, const char *feed, const struct ledger_actor *actor,
			struct error *error)
{
	_cleanup_change_ struct change change = {0};
	int r = change_begin(&change, ledger, error);

	if (r >= 0)
		r = audit(&change, "applied", feed, actor, error);
	return r < 0 ? r : store_commit(ledger->store, error);
}
