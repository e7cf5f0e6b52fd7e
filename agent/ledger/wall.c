/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/wall.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SETTING	    "wall"
#define SETTING_MAX (BOOT_ID_MAX + 24)

static int64_t measure(void)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	return wall.tv_sec * (int64_t)NSEC_PER_SEC + wall.tv_nsec - (int64_t)clock_boot_ns();
}

static bool is_close(int64_t offset, int64_t other)
{
	int64_t apart = offset - other;

	return apart < (int64_t)NSEC_PER_SEC && apart > -(int64_t)NSEC_PER_SEC;
}

static int take(struct ledger *ledger, int64_t offset, struct error *error)
{
	char boot_id[BOOT_ID_MAX], text[SETTING_MAX];

	ledger->wall_offset = offset;
	snprintf(text, sizeof(text), "%s %" PRId64, clock_boot_id(boot_id), offset);
	return store_put_setting(ledger->store, SETTING, text, error);
}

/* What is stored for another boot counts from another begin. */
static bool parse(const char *text, int64_t *ret)
{
	char boot_id[BOOT_ID_MAX];
	size_t length = strlen(clock_boot_id(boot_id));

	return length > 0 && strncmp(text, boot_id, length) == 0 &&
	       sscanf(text + length, " %" SCNd64, ret) == 1;
}

int wall_open(struct ledger *ledger, struct error *error)
{
	int64_t stored, now = measure();
	char text[SETTING_MAX];
	int r = store_get_setting(ledger->store, SETTING, text, sizeof(text), error);

	if (r < 0)
		return r;
	if (!parse(text, &stored) || !is_close(stored, now))
		return take(ledger, now, error);
	ledger->wall_offset = stored;
	return 0;
}

int wall_follow(struct ledger *ledger, struct error *error)
{
	int64_t now = measure();
	int r;

	if (is_close(ledger->wall_offset, now))
		return 0;
	r = take(ledger, now, error);
	return r < 0 ? r : 1;
}

int64_t wall_seconds(const struct ledger *ledger)
{
	return ((int64_t)clock_boot_ns() + ledger->wall_offset) / (int64_t)NSEC_PER_SEC;
}

uint64_t wall_deadline(const struct ledger *ledger, int64_t until)
{
	int64_t ns;

	if (until == 0 || __builtin_mul_overflow(until, (int64_t)NSEC_PER_SEC, &ns))
		return 0;
	/* 0 is none, and what ended before the boot ends at once. */
	return ns - ledger->wall_offset > 0 ? (uint64_t)(ns - ledger->wall_offset) : 1;
}
