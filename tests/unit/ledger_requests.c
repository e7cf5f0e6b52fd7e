/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person asks for, and what the ledger answers. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "lib/ledgered.h"

#define GUEST "192.0.2.7"

static void test_block_by_hand(void **state)
{
	struct ledgered *f = *state;
	const struct ledger_block_request request = {
		.prefix = prefix_of("2001:db8::7"), .time = 90, .reason = "abuse desk"};
	struct sentence sentence;

	assert_ok(f, ledger_block(f->ledger, &request, &ledgered_root, &sentence, &f->error));
	assert_int_equal(sentence.state, SENTENCE_BLOCKED);
	assert_int_equal(sentence.prefix.length, 64);
	assert_int_equal(sentence.time, 90);
	assert_int_equal(sentence.offences, 1);
	assert_string_equal(sentence.source, "manual");
	assert_string_equal(sentence.reason, "abuse desk");
	assert_true(kernel_drops(f, "2001:db8::/64"));
	assert_int_equal(sentence_of(f, "2001:db8::/64").deadline, sentence.deadline);
}

static int keep_audit(const struct audit *audit, void *userdata)
{
	*(struct audit *)userdata = *audit;
	return 0;
}

static void test_audit_says_who(void **state)
{
	struct ledgered *f = *state;
	const struct ledger_block_request request = {.prefix = prefix_of(GUEST), .reason = "why"};
	const struct ledger_actor actor = {.uid = 1000};
	struct audit audit = {0};

	assert_ok(f, ledger_block(f->ledger, &request, &actor, NULL, &f->error));
	assert_ok(f, store_each_audit(f->store, -1, 1, keep_audit, &audit, &f->error));
	assert_string_equal(audit.event, "blocked");
	assert_string_equal(audit.state, "blockedForSpam");
	assert_string_equal(audit.source, "manual uid=1000");
	assert_string_equal(audit.reason, "why");
	assert_int_equal(audit.time, 3600);
	assert_true(audit.has_prefix);
}

static void test_block_again_is_no_offence(void **state)
{
	struct ledgered *f = *state;

	assert_ok(f, score(f, 1, GUEST, 300));
	assert_ok(f, block(f, GUEST, 20));
	assert_int_equal(sentence_of(f, GUEST).offences, 1);
	assert_int_equal(sentence_of(f, GUEST).time, 20);
	assert_int_equal(sentence_of(f, GUEST).score, 300);
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 1);
	assert_ok(f, block(f, GUEST, 0));
	assert_int_equal(sentence_of(f, GUEST).time, 3600);
	assert_ok(f, unblock(f, GUEST, true));
	assert_ok(f, block(f, GUEST, 0));
	assert_int_equal(sentence_of(f, GUEST).offences, 2);
	assert_int_equal(sentence_of(f, GUEST).time, 4 * 3600);
}

static void test_block_refusals(void **state)
{
	struct ledgered *f = *state;
	struct ledger_block_request wide = {.prefix = prefix_of("192.0.0.0/16")};

	assert_int_equal(ledger_block(f->ledger, &wide, &ledgered_root, NULL, &f->error), -EDOM);
	assert_non_null(strstr(f->error.text, "--force"));
	wide.force = true;
	assert_ok(f, ledger_block(f->ledger, &wide, &ledgered_root, NULL, &f->error));
	assert_true(kernel_drops(f, "192.0.0.0/16"));

	assert_int_equal(block(f, GUEST, 31 * 86400ULL), -ERANGE);
	assert_string_equal(f->error.text, "longer than policy.max, which is 30d");

	assert_ok(f, allow(f, "192.0.2.0/28"));
	assert_int_equal(block(f, GUEST, 10), -EEXIST);
	assert_non_null(strstr(f->error.text, "192.0.2.7/32 is on the allowlist"));
	assert_false(kernel_entry(f, GUEST, NULL));
}

static void test_unblock_before_the_end(void **state)
{
	struct ledgered *f = *state;

	assert_ok(f, block(f, GUEST, 129));
	assert_int_equal(unblock(f, GUEST, false), -EBUSY);
	if (strcmp(f->error.text, "This IP address is still blocked for 128 seconds") != 0)
		assert_string_equal(f->error.text,
				    "This IP address is still blocked for 129 seconds");
	assert_true(kernel_drops(f, GUEST));
	assert_ok(f, unblock(f, GUEST, true));
	assert_false(kernel_entry(f, GUEST, NULL));
	assert_int_equal(sentence_of(f, GUEST).offences, 1);
	assert_events(f, "blocked unblocking unblocked");
}

static void test_forgiven(void **state)
{
	struct ledgered *f = *state;
	const struct ledger_unblock_request request = {.prefix = prefix_of(GUEST), .forgive = true};
	struct sentence sentence;

	assert_ok(f, block(f, GUEST, 129));
	assert_ok(f, ledger_unblock(f->ledger, &request, &ledgered_root, &sentence, &f->error));
	assert_int_equal(sentence.state, SENTENCE_UNBLOCKED);
	assert_int_equal(sentence.offences, 0);
	assert_ok(f, block(f, GUEST, 0));
	assert_int_equal(sentence_of(f, GUEST).time, 3600);
}

static void test_unblock_finds_the_unit(void **state)
{
	struct ledgered *f = *state;

	assert_ok(f, block(f, "2001:db8:1:2::7", 60));
	assert_ok(f, unblock(f, "2001:db8:1:2::9", true));
	assert_false(kernel_entry(f, "2001:db8:1:2::/64", NULL));
}

static void test_unblock_of_what_is_not_blocked(void **state)
{
	struct ledgered *f = *state;

	assert_int_equal(unblock(f, GUEST, false), -ENOENT);
	assert_string_equal(f->error.text, "192.0.2.7/32 is not blocked");
	assert_ok(f, block(f, "192.0.2.0/24", 60));
	assert_int_equal(unblock(f, GUEST, true), -ENOENT);
	assert_string_equal(f->error.text,
			    "192.0.2.7/32 is not blocked itself, it lies in 192.0.2.0/24, "
			    "which is");
}

static void test_unblock_of_what_is_listed(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix prefix = prefix_of(GUEST);

	assert_ok(f, apply_list_of(f, "edge", &prefix, 1));
	assert_int_equal(unblock(f, GUEST, true), -EPERM);
	assert_string_equal(f->error.text,
			    "192.0.2.7/32 is listed by feed \"edge\": remove it there, or use "
			    "`smtpfence allow add`");
	assert_ok(f, allow(f, GUEST));
	assert_false(kernel_entry(f, GUEST, NULL));
	assert_int_equal(unblock(f, GUEST, true), -ENOENT);
}

static void test_allow_lifts_what_it_covers(void **state)
{
	struct ledgered *f = *state;

	assert_ok(f, block(f, GUEST, 60));
	assert_ok(f, block(f, "192.0.2.200", 60));
	assert_ok(f, allow(f, "192.0.2.0/28"));
	assert_int_equal(state_of(f, GUEST), SENTENCE_UNBLOCKED);
	assert_false(kernel_entry(f, GUEST, NULL));
	assert_true(kernel_drops(f, "192.0.2.200"));
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 1);
	assert_events(f, "blocked blocked allowed unblocking unblocked");

	assert_int_equal(allow(f, "192.0.2.0/28"), -EEXIST);
	assert_ok(f, disallow(f, "192.0.2.0/28"));
	assert_int_equal(disallow(f, "192.0.2.0/28"), -ENOENT);
	assert_false(kernel_entry(f, GUEST, NULL));
	assert_ok(f, block(f, GUEST, 60));
}

static void test_allow_inside_a_block(void **state)
{
	struct ledgered *f = *state;

	assert_ok(f, allow(f, GUEST));
	assert_false(kernel_entry(f, GUEST, NULL));
	assert_ok(f, block(f, "192.0.2.0/24", 60));
	assert_true(kernel_drops(f, "192.0.2.0/24"));
	assert_true(kernel_allows(f, GUEST));
	assert_ok(f, allow(f, "192.0.2.128/25"));
	assert_true(kernel_allows(f, "192.0.2.128/25"));
	assert_ok(f, disallow(f, "192.0.2.128/25"));
	assert_false(kernel_entry(f, "192.0.2.128/25", NULL));
	assert_ok(f, unblock(f, "192.0.2.0/24", true));
	assert_false(kernel_entry(f, "192.0.2.0/24", NULL));
	assert_false(kernel_entry(f, GUEST, NULL));
}

/* In the order of the walk all of IPv4 stands between the two. */
static void test_allow_inside_all_of_ipv6(void **state)
{
	struct ledgered *f = *state;
	const struct ledger_block_request all = {.prefix = prefix_of("::/0"), .force = true};

	assert_ok(f, allow(f, "2001:db8::7"));
	assert_ok(f, block(f, GUEST, 60));
	assert_ok(f, ledger_block(f->ledger, &all, &ledgered_root, NULL, &f->error));
	assert_true(kernel_drops(f, "::/0"));
	assert_true(kernel_allows(f, "2001:db8::7"));
	assert_ok(f, allow(f, "192.0.2.8"));
	assert_false(kernel_entry(f, "192.0.2.8", NULL));
}

/* The sentence of an address ends because it is allowed, inside a range that stays blocked. */
static void test_allow_replaces_a_sentence_inside_a_block(void **state)
{
	struct ledgered *f = *state;

	assert_ok(f, block(f, GUEST, 60));
	assert_ok(f, block(f, "192.0.2.0/24", 60));
	assert_ok(f, allow(f, GUEST));
	assert_true(kernel_allows(f, GUEST));
	assert_int_equal(state_of(f, GUEST), SENTENCE_UNBLOCKED);
	assert_true(kernel_drops(f, "192.0.2.0/24"));
}

/* The disk is full: nothing has changed, in memory neither. */
static void test_allow_that_cannot_be_stored(void **state)
{
	const struct rlimit full = {.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
	struct ledgered *f = *state;
	struct rlimit limit;

	assert_ok(f, block(f, GUEST, 60));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	assert_true(allow(f, "192.0.2.0/28") < 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(state_of(f, GUEST), SENTENCE_BLOCKED);
	assert_true(kernel_drops(f, GUEST));
	assert_ok(f, block(f, "192.0.2.8", 60));
	assert_true(kernel_drops(f, "192.0.2.8"));
}

static void test_configured_allowlist(void **state)
{
	struct ledgered *f = *state;

	assert_ok(f, block(f, GUEST, 60));
	ledgered_reload(f, "allow: [\"192.0.2.7/32\"]", LEDGERED_LIMITS);
	assert_int_equal(state_of(f, GUEST), SENTENCE_UNBLOCKED);
	assert_false(kernel_entry(f, GUEST, NULL));
	assert_int_equal(allow(f, GUEST), -EEXIST);
	assert_int_equal(disallow(f, GUEST), -EPERM);
	assert_non_null(strstr(f->error.text, "policy.allow"));
	ledgered_reload(f, "", LEDGERED_LIMITS);
	assert_ok(f, block(f, GUEST, 60));
	assert_true(kernel_drops(f, GUEST));
}

static void reopen(struct ledgered *f)
{
	ledgered_close(f);
	ledgered_open(f);
}

static void test_mode_outlives_restarts(void **state)
{
	struct ledgered *f = *state;

	assert_int_equal(fence_mode(f->fence), SMTPFENCE_MODE_ENFORCE);
	assert_ok(f, ledger_set_mode(f->ledger, SMTPFENCE_MODE_MONITOR, &ledgered_root, &f->error));
	assert_int_equal(fence_mode(f->fence), SMTPFENCE_MODE_MONITOR);
	reopen(f);
	assert_int_equal(fence_mode(f->fence), SMTPFENCE_MODE_MONITOR);
	ledgered_reload(f, "duration: 5s", LEDGERED_LIMITS);
	assert_int_equal(fence_mode(f->fence), SMTPFENCE_MODE_MONITOR);
	assert_events(f, "mode reload");
}

/* Not even for the moment between two steps of a start or a reload. */
static void test_mode_set_by_hand_never_lapses(void **state)
{
	struct ledgered *f = *state;

	ledgered_reload(f, "", LEDGERED_LIMITS "\nmode: monitor");
	assert_ok(f, ledger_set_mode(f->ledger, SMTPFENCE_MODE_ENFORCE, &ledgered_root, &f->error));
	ledgered_close(f);
	ledgered_open_store(f);
	assert_ok(f, fence_open(f->config, &f->fence, &f->error));
	assert_int_equal(fence_mode(f->fence), SMTPFENCE_MODE_ENFORCE);
	assert_ok(f, ledger_open(f->event, f->config, f->store, f->fence, &f->ledger, &f->error));
	assert_ok(f, fence_configure(f->fence, f->config, &f->error));
	assert_int_equal(fence_mode(f->fence), SMTPFENCE_MODE_ENFORCE);
}

/* The maps were taken over with a mode that nobody asks for any more. */
static void test_mode_configured_anew_while_down(void **state)
{
	struct ledgered *f = *state;

	ledgered_close(f);
	ledgered_configure(f, "", LEDGERED_LIMITS "\nmode: monitor");
	ledgered_open(f);
	assert_int_equal(fence_mode(f->fence), SMTPFENCE_MODE_MONITOR);
}

static void test_configured_mode_ends_the_override(void **state)
{
	struct ledgered *f = *state;

	assert_ok(f, ledger_set_mode(f->ledger, SMTPFENCE_MODE_MONITOR, &ledgered_root, &f->error));
	ledgered_reload(f, "", LEDGERED_LIMITS "\nmode: monitor");
	assert_int_equal(fence_mode(f->fence), SMTPFENCE_MODE_MONITOR);
	ledgered_reload(f, "", LEDGERED_LIMITS);
	assert_int_equal(fence_mode(f->fence), SMTPFENCE_MODE_ENFORCE);
}

static void test_mode_back_to_the_configured(void **state)
{
	struct ledgered *f = *state;

	assert_ok(f, ledger_set_mode(f->ledger, SMTPFENCE_MODE_MONITOR, &ledgered_root, &f->error));
	assert_ok(f, ledger_set_mode(f->ledger, SMTPFENCE_MODE_ENFORCE, &ledgered_root, &f->error));
	reopen(f);
	assert_int_equal(fence_mode(f->fence), SMTPFENCE_MODE_ENFORCE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LEDGERED_TEST(test_block_by_hand),
		LEDGERED_TEST(test_audit_says_who),
		LEDGERED_TEST(test_block_again_is_no_offence),
		LEDGERED_TEST(test_block_refusals),
		LEDGERED_TEST(test_unblock_before_the_end),
		LEDGERED_TEST(test_forgiven),
		LEDGERED_TEST(test_unblock_finds_the_unit),
		LEDGERED_TEST(test_unblock_of_what_is_not_blocked),
		LEDGERED_TEST(test_unblock_of_what_is_listed),
		LEDGERED_TEST(test_allow_lifts_what_it_covers),
		LEDGERED_TEST(test_allow_inside_a_block),
		LEDGERED_TEST(test_allow_inside_all_of_ipv6),
		LEDGERED_TEST(test_allow_replaces_a_sentence_inside_a_block),
		LEDGERED_TEST(test_allow_that_cannot_be_stored),
		LEDGERED_TEST(test_configured_allowlist),
		LEDGERED_TEST(test_mode_outlives_restarts),
		LEDGERED_TEST(test_mode_set_by_hand_never_lapses),
		LEDGERED_TEST(test_mode_configured_anew_while_down),
		LEDGERED_TEST(test_configured_mode_ends_the_override),
		LEDGERED_TEST(test_mode_back_to_the_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
