/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a new boot does to deadlines. CLOCK_BOOTTIME begins anew with it, and the wall clock may be
 * set by anybody at any time. So both are noted side by side now and then, and what the old boot's
 * clock would show now is the noted time and as much as the wall clock has gone on since: a step
 * of the wall clock counts only when it falls between the last note and the opening.
 */
#include "store/internal.h"

#include <inttypes.h>
#include <stdio.h>

#define SETTING	 "clock"
#define NOTE_MAX 96

/* Times in ns. */
struct note {
	char boot_id[BOOT_ID_MAX];
	uint64_t boot;
	int64_t wall;
};

int store_note_clock(struct store *store, struct error *error)
{
	char text[NOTE_MAX];

	snprintf(text, sizeof(text), "%s %" PRIu64 " %" PRId64, store->boot_id, clock_boot_ns(),
		 clock_wall_ns());
	return store_put_setting(store, SETTING, text, error);
}

/* 1; 0: none; negative errno. */
static int read_note(struct store *store, struct note *ret, struct error *error)
{
	char text[NOTE_MAX];
	int r = store_get_setting(store, SETTING, text, sizeof(text), error);

	if (r < 0)
		return r;
	return sscanf(text, "%36s %" SCNu64 " %" SCNd64, ret->boot_id, &ret->boot, &ret->wall) == 3;
}

/* A wall clock that is behind the note does not tell how long the host was off. */
static uint64_t old_clock(const struct note *note)
{
	int64_t now = clock_wall_ns();

	return note->boot + (now > note->wall ? (uint64_t)now - (uint64_t)note->wall : 0);
}

/*
 * What is left of a sentence, ns. Without a note of its boot it comes from the wall clock alone: at
 * least nothing, and never more than the whole length.
 */
#define LEFT_BY_NOTE "max(0, min(served - ?3, time * 1000000000))"
#define LEFT_BY_DATE "max(0, min(date + time - ?4, time)) * 1000000000"
#define ANEW	     "?5 + CASE boot_id WHEN ?2 THEN " LEFT_BY_NOTE " ELSE " LEFT_BY_DATE " END"

int boot_renew_deadlines(struct store *store, struct error *error)
{
	struct note note = {.boot = 0};
	int noted = read_note(store, &note, error), r;
	_cleanup_query_ struct query query =
		query_open(store, "UPDATE sentences SET boot_id = ?1, served = " ANEW ", "
				  "deadline = CASE deadline WHEN 0 THEN 0 ELSE " ANEW " END "
				  "WHERE state = 1 AND boot_id <> ?1");

	if (noted < 0)
		return noted;
	query_bind_text(&query, store->boot_id);
	query_bind_text(&query, noted ? note.boot_id : NULL);
	query_bind_int(&query, (int64_t)old_clock(&note));
	query_bind_int(&query, clock_wall());
	query_bind_int(&query, (int64_t)clock_boot_ns());
	r = query_run(&query, error);
	return r < 0 ? r : 0;
}
