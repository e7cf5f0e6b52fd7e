/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What owns memory gives it back, and may be cleared twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/entry.h"
#include "base/incident.h"

static void test_entries_clear(void **state)
{
	struct entries entries = {.items = calloc(1, sizeof(*entries.items)), .count = 1};

	(void)state;
	entries_clear(&entries);
	assert_null(entries.items);
	assert_int_equal(entries.count, 0);
	entries_clear(&entries);
}

static void test_incident_clear(void **state)
{
	static const struct incident empty;
	struct incident incident = {.score = 300, .detected = 5, .reason = strdup("vade")};

	(void)state;
	incident.evidence = calloc(2, sizeof(*incident.evidence));
	assert_non_null(incident.evidence);
	incident.evidence_count = 2;
	incident.evidence[1].message_id = strdup("a@b");
	incident_clear(&incident);
	assert_memory_equal(&incident, &empty, sizeof(empty));
	incident_clear(&incident);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries_clear),
		cmocka_unit_test(test_incident_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
