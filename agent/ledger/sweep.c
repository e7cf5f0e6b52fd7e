/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/sweep.h"

#include <string.h>

#include "base/log.h"

#define CHUNKS 128 /* at once: some milliseconds */
/* Behind requests, deadlines and feeds. */
#define PRIORITY (SD_EVENT_PRIORITY_NORMAL + 30)

static int on_turn(sd_event_source *source, void *userdata)
{
	struct ledger *ledger = userdata;
	struct error error;
	int r = store_sweep_lists(ledger->store, CHUNKS, &error);

	if (r < 0)
		log_warning("old lists stay in the store until the next start: %s", error.text);
	if (r <= 0)
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return 0;
}

static int add_sweeper(struct ledger *ledger)
{
	int r = sd_event_add_defer(ledger->event, &ledger->sweeper, on_turn, ledger);

	return r < 0 ? r : sd_event_source_set_priority(ledger->sweeper, PRIORITY);
}

void sweep_later(struct ledger *ledger)
{
	int r = ledger->sweeper ? 0 : add_sweeper(ledger);

	if (r >= 0)
		r = sd_event_source_set_enabled(ledger->sweeper, SD_EVENT_ON);
	if (r < 0)
		log_warning("old lists stay in the store until the next start: %s", strerror(-r));
}
