/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/mode.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ledger/change.h"
#include "ledger/requests.h"

#define SETTING "mode"

static const char *const mode_names[] = {
	[SMTPFENCE_MODE_ENFORCE] = "enforce",
	[SMTPFENCE_MODE_MONITOR] = "monitor",
};

/* "monitor over enforce": the mode that was set, and the configuration's at that time. */
#define OVERRIDE_MAX 32

static const char *format_override(enum smtpfence_mode mode, enum smtpfence_mode over,
				   char text[OVERRIDE_MAX])
{
	snprintf(text, OVERRIDE_MAX, "%s over %s", mode_names[mode], mode_names[over]);
	return text;
}

static enum smtpfence_mode other_than(enum smtpfence_mode mode)
{
	return mode == SMTPFENCE_MODE_ENFORCE ? SMTPFENCE_MODE_MONITOR : SMTPFENCE_MODE_ENFORCE;
}

int mode_apply(struct ledger *ledger, struct error *error)
{
	enum smtpfence_mode configured = ledger->config->mode, other = other_than(configured);
	char stored[OVERRIDE_MAX], valid[OVERRIDE_MAX];
	int r = store_get_setting(ledger->store, SETTING, stored, sizeof(stored), error);

	if (r < 0)
		return r;
	if (strcmp(stored, format_override(other, configured, valid)) == 0) {
		log_info("mode %s, set by hand, over the configuration's %s", mode_names[other],
			 mode_names[configured]);
		return fence_set_mode(ledger->fence, other, error);
	}
	if (stored[0])
		r = store_put_setting(ledger->store, SETTING, "", error);
	return r < 0 ? r : fence_set_mode(ledger->fence, configured, error);
}

int ledger_set_mode(struct ledger *ledger, enum smtpfence_mode mode,
		    const struct ledger_actor *actor, struct error *error)
{
	_cleanup_change_ struct change change = {0};
	enum smtpfence_mode configured = ledger->config->mode;
	char override[OVERRIDE_MAX] = "";
	const struct cause cause = {SOURCE_MANUAL, mode_names[mode], actor};
	int r = change_begin(&change, ledger, error);

	if (mode != configured)
		format_override(mode, configured, override);
	if (r >= 0)
		r = store_put_setting(ledger->store, SETTING, override, error);
	if (r >= 0)
		r = change_audit(&change, "mode", NULL, NULL, &cause, error);
	if (r >= 0)
		r = store_commit(ledger->store, error);
	return r < 0 ? r : fence_set_mode(ledger->fence, mode, error);
}
