/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/prefix.h"
#include "feed/decisions.h"
#include "fuzz/fuzz.h"

#define NOW 1000

static void check_list(const struct decision *items, size_t count, bool last)
{
	for (size_t i = 0; i < count; i++) {
		ALWAYS(items[i].prefix.length <= 128);
		ALWAYS(last ? items[i].until > NOW : items[i].until == 0);
		ALWAYS(i == 0 || decision_compare(&items[i - 1], &items[i]) < 0);
	}
}

/* Taken or refused, whole: nothing in between. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const types[] = {"ban", "smtp"};
	static const struct decision_filter filter = {DECISION_IP | DECISION_RANGE, types, 2};
	_cleanup_(decisions_freep) struct decisions *decisions = NULL;
	_cleanup_fclose_ FILE *stream =
		size ? fmemopen((void *)(uintptr_t)bytes, size, "re") : fopen("/dev/null", "re");
	struct error error = {0};
	int r;

	ALWAYS(stream);
	r = decisions_read(stream, "F", &filter, NOW, &decisions, &error);
	ALWAYS((r >= 0) == (decisions != NULL));
	if (!decisions) {
		check_refusal(&error);
		return 0;
	}
	check_list(decisions->begun, decisions->begun_count, true);
	check_list(decisions->ended, decisions->ended_count, false);
	return 0;
}
