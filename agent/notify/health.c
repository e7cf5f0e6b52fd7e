/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/health.h"

#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"

#define BACKOFF_FIRST	 USEC_PER_SEC
#define BACKOFF_MOST	 (300 * USEC_PER_SEC)
#define RETRY_AFTER_MOST 3600 /* s: whoever asks for more is asked earlier */

/* Named once: the default name of a command is its path. */
static void keep_error(struct health *health, const struct error *error)
{
	health->error = *error;
	if (strncmp(error->text, health->name, strlen(health->name)) != 0)
		error_prefix(&health->error, 0, "%s", health->name);
}

void health_note_failure(struct health *health, const struct error *error, bool is_local)
{
	keep_error(health, error);
	if (health->failures++ == 0) {
		health->failing_since = clock_boot_ns();
		log_warning("notify: %s; tried again until it works", health->error.text);
	}
	health->errors++;
	health->is_local = is_local;
}

void health_note_success(struct health *health, uint64_t pending)
{
	if (health->failures > 0)
		log_info("notify: %s: works again, %llu events behind", health->name,
			 (unsigned long long)pending);
	health->failures = 0;
	health->deliveries++;
	health->last_success = clock_wall();
}

uint64_t health_pause_usec(const struct health *health, uint64_t retry_after)
{
	uint64_t usec = backoff_usec(health->failures, BACKOFF_FIRST, BACKOFF_MOST);

	if (retry_after > RETRY_AFTER_MOST)
		retry_after = RETRY_AFTER_MOST;
	return usec < retry_after * USEC_PER_SEC ? retry_after * USEC_PER_SEC : usec;
}

void health_report(const struct health *health, struct notify_report *report)
{
	uint64_t limit = health->failing_since + NOTIFY_PATIENCE * NSEC_PER_SEC;

	report->last_success = health->last_success;
	report->is_failing = health->failures > 0;
	report->is_degraded = report->is_failing && (health->is_local || clock_boot_ns() >= limit);
	report->error = health->error.text[0] ? health->error.text : NULL;
	report->deliveries = health->deliveries;
	report->errors = health->errors;
}
