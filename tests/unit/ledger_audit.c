/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every transition stands in the audit trail: who, when, what and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>

#include "lib/ledgered.h"

#define GUEST "192.0.2.7"
#define PANEL 1000 /* uid of a member of the group */

static const struct ledger_actor panel = {.uid = PANEL};

static int add_line(const struct audit *audit, void *userdata)
{
	char line[512];

	assert_in_range(audit->ts, clock_wall() - 60, clock_wall());
	snprintf(line, sizeof(line), "%s -> %s, %llu s, by %s: %s\n", audit->event,
		 audit->state[0] ? audit->state : "-", (unsigned long long)audit->time,
		 audit->source, audit->reason);
	strncat(userdata, line, LEDGERED_WORDS_MAX - strlen(userdata) - 1);
	return 0;
}

/* All lines of the source, oldest first. */
static void assert_trail(struct ledgered *f, const char *text, const char *expected)
{
	const struct smtpfence_prefix prefix = prefix_of(text);
	char lines[LEDGERED_WORDS_MAX] = "";

	assert_ok(f, store_each_audit_of(f->store, &prefix, 0, add_line, lines, &f->error));
	assert_string_equal(lines, expected);
}

static int unblock_by_panel(struct ledgered *f, bool force, bool forgive)
{
	const struct ledger_unblock_request request = {
		.prefix = prefix_of(GUEST), .force = force, .forgive = forgive};

	return ledger_unblock(f->ledger, &request, &panel, NULL, &f->error);
}

static void block_by_panel(struct ledgered *f, uint64_t time, const char *reason)
{
	const struct ledger_block_request request = {
		.prefix = prefix_of(GUEST), .time = time, .reason = reason};

	assert_ok(f, ledger_block(f->ledger, &request, &panel, NULL, &f->error));
}

static void test_a_feed_and_the_timer(void **state)
{
	struct ledgered *f = *state;
	struct incident incident = {.prefix = prefix_of(GUEST),
				    .score = 300,
				    .detected = clock_wall(),
				    .reason = "vade"};

	ledgered_reload(f, "duration: 1s", LEDGERED_LIMITS);
	assert_ok(f, apply_incidents(f, 1, &incident, 1));
	incident.score = 400;
	incident.detected++;
	assert_ok(f, apply_incidents(f, 2, &incident, 1));
	await_state(f, GUEST, SENTENCE_UNBLOCKED);
	assert_trail(f, GUEST,
		     "blocked -> blockedForSpam, 1 s, by scorer: vade\n"
		     "evidence -> blockedForSpam, 1 s, by scorer: vade\n"
		     "unblocking -> unblocking, 1 s, by timer: its time is over\n"
		     "unblocked -> unblocked, 1 s, by kernel: confirmed: its entry is gone\n");
}

static void test_a_score_of_0(void **state)
{
	struct ledgered *f = *state;

	block_by_panel(f, 60, "seen in the logs");
	assert_ok(f, score(f, 1, GUEST, 0));
	assert_trail(f, GUEST,
		     "blocked -> blockedForSpam, 60 s, by manual uid=1000: seen in the logs\n"
		     "unblocking -> unblocking, 60 s, by scorer: score 0\n"
		     "unblocked -> unblocked, 60 s, by kernel: confirmed: its entry is gone\n");
}

static void test_requests(void **state)
{
	struct ledgered *f = *state;

	block_by_panel(f, 60, NULL);
	assert_int_equal(unblock_by_panel(f, false, false), -EBUSY); /* changes nothing */
	assert_ok(f, unblock_by_panel(f, true, false));
	block_by_panel(f, 30, "again");
	block_by_panel(f, 20, "shorter");
	assert_ok(f, unblock_by_panel(f, false, true));
	assert_trail(f, GUEST,
		     "blocked -> blockedForSpam, 60 s, by manual uid=1000: \n"
		     "unblocking -> unblocking, 60 s, by manual uid=1000: on request, forced\n"
		     "unblocked -> unblocked, 60 s, by kernel: confirmed: its entry is gone\n"
		     "blocked -> blockedForSpam, 30 s, by manual uid=1000: again\n"
		     "blocked -> blockedForSpam, 20 s, by manual uid=1000: shorter\n"
		     "unblocking -> unblocking, 20 s, by manual uid=1000: on request, forgiven\n"
		     "unblocked -> unblocked, 20 s, by kernel: confirmed: its entry is gone\n");
}

static void test_the_allowlist(void **state)
{
	const struct smtpfence_prefix guest = prefix_of(GUEST);
	struct ledgered *f = *state;

	block_by_panel(f, 60, NULL);
	assert_ok(f, ledger_allow_add(f->ledger, &guest, "a relay", &panel, &f->error));
	assert_ok(f, ledger_allow_remove(f->ledger, &guest, &panel, &f->error));
	block_by_panel(f, 60, NULL);
	ledgered_reload(f, "allow: [192.0.2.0/24]", LEDGERED_LIMITS);
	assert_trail(f, GUEST,
		     "blocked -> blockedForSpam, 60 s, by manual uid=1000: \n"
		     "allowed -> -, 0 s, by manual uid=1000: a relay\n"
		     "unblocking -> unblocking, 60 s, by manual uid=1000: on the allowlist\n"
		     "unblocked -> unblocked, 60 s, by kernel: confirmed: its entry is gone\n"
		     "disallowed -> -, 0 s, by manual uid=1000: \n"
		     "blocked -> blockedForSpam, 60 s, by manual uid=1000: \n"
		     "unblocking -> unblocking, 60 s, by config: on the allowlist\n"
		     "unblocked -> unblocked, 60 s, by kernel: confirmed: its entry is gone\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LEDGERED_TEST(test_a_feed_and_the_timer),
		LEDGERED_TEST(test_a_score_of_0),
		LEDGERED_TEST(test_requests),
		LEDGERED_TEST(test_the_allowlist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
