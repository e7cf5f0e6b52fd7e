/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Restarts, crashes, full maps and strangers in the maps: the store is the truth throughout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>

#include "lib/ledgered.h"

#define GUEST "192.0.2.7"

static void put_sentence(struct ledgered *f, const char *text, enum sentence_state state,
			 uint64_t deadline)
{
	struct sentence sentence = {
		.prefix = prefix_of(text),
		.state = state,
		.date = clock_wall(),
		.time = 60,
		.deadline = deadline,
		.offences = 1,
		.source = "scorer",
	};

	assert_ok(f, store_put_sentence(f->store, &sentence, &f->error));
}

static void test_restart_changes_nothing(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_block before, after;
	struct sentence sentence;

	assert_ok(f, block(f, GUEST, 60));
	sentence = sentence_of(f, GUEST);
	assert_true(kernel_entry(f, GUEST, &before));
	ledgered_close(f);
	assert_true(kernel_entry(f, GUEST, &after));
	assert_memory_equal(&before, &after, sizeof(before));
	ledgered_open(f);
	assert_true(kernel_entry(f, GUEST, &after));
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(sentence_of(f, GUEST).deadline, sentence.deadline);
	assert_int_equal(sentence_of(f, GUEST).state, SENTENCE_BLOCKED);
	assert_events(f, "blocked");
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 1);
}

static void test_end_while_the_daemon_is_away(void **state)
{
	struct ledgered *f = *state;
	uint64_t deadline;

	assert_ok(f, block(f, GUEST, 1));
	deadline = sentence_of(f, GUEST).deadline;
	ledgered_close(f);
	while (clock_boot_ns() < deadline)
		usleep(10000);
	ledgered_open(f);
	assert_int_equal(state_of(f, GUEST), SENTENCE_UNBLOCKED);
	assert_false(kernel_entry(f, GUEST, NULL));
	assert_events(f, "blocked unblocking unblocked");
}

/* Killed between the commit and the kernel: the row is there, the entry is not, or still is. */
static void test_killed_before_the_kernel_knew(void **state)
{
	struct ledgered *f = *state;
	uint64_t deadline = clock_boot_ns() + 60 * NSEC_PER_SEC;
	struct smtpfence_block entry;

	assert_ok(f, block(f, "192.0.2.8", 60));
	ledgered_close(f);
	ledgered_open_store(f);
	put_sentence(f, GUEST, SENTENCE_BLOCKED, deadline);
	put_sentence(f, "192.0.2.8", SENTENCE_UNBLOCKING, deadline);
	ledgered_open(f);
	assert_true(kernel_entry(f, GUEST, &entry));
	assert_int_equal(entry.deadline, deadline);
	assert_false(kernel_entry(f, "192.0.2.8", NULL));
	assert_int_equal(state_of(f, "192.0.2.8"), SENTENCE_UNBLOCKED);
	assert_events(f, "blocked unblocked");
}

static struct smtpfence_prefix nth(size_t n)
{
	struct smtpfence_prefix prefix = prefix_of("192.0.2.0");

	prefix.address[15] = (unsigned char)n;
	return prefix;
}

static void test_full_map(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix prefixes[16];

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		prefixes[i] = nth(i);
	assert_ok(f, apply_list_of(f, "edge", prefixes, ARRAY_SIZE(prefixes)));

	assert_int_equal(block(f, "198.51.100.1", 60), -ENOSPC);
	assert_non_null(strstr(f->error.text, "stored, but not in force: "));
	assert_non_null(strstr(f->error.text, "limits.blocks"));
	assert_int_equal(state_of(f, "198.51.100.1"), SENTENCE_BLOCKED);
	assert_int_equal(ledger_report(f->ledger).refused, 1);
	assert_true(kernel_drops(f, "192.0.2.15"));
	assert_int_equal(score(f, 1, "198.51.100.2", 300), -ENOSPC);
	assert_int_equal(ledger_report(f->ledger).refused, 2);
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 18);

	/* As soon as there is room, it is used. */
	assert_ok(f, apply_list_of(f, "edge", prefixes, ARRAY_SIZE(prefixes) - 1));
	assert_int_equal(ledger_report(f->ledger).refused, 1);
	assert_ok(f, apply_list_of(f, "edge", prefixes, ARRAY_SIZE(prefixes) - 2));
	assert_int_equal(ledger_report(f->ledger).refused, 0);
	assert_true(kernel_drops(f, "198.51.100.1"));
	assert_true(kernel_drops(f, "198.51.100.2"));
	assert_ok(f, audit(f));
	assert_int_equal(ledger_report(f->ledger).drift_missing, 0);
}

static void test_full_map_at_the_start(void **state)
{
	struct ledgered *f = *state;
	char text[PREFIX_TEXT_MAX];

	ledgered_open_store(f);
	for (size_t i = 0; i < 20; i++) {
		struct smtpfence_prefix prefix = nth(i);

		put_sentence(f, prefix_format(&prefix, text), SENTENCE_BLOCKED,
			     clock_boot_ns() + 60 * NSEC_PER_SEC);
	}
	/* It says so on standard error, and starts all the same. */
	ledgered_open(f);
	assert_int_equal(ledger_report(f->ledger).refused, 4);
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 20);
	assert_ok(f, unblock(f, "192.0.2.0", true));
	assert_int_equal(ledger_report(f->ledger).refused, 3);
}

static int open_blocks(const struct ledgered *f)
{
	char path[LEDGERED_PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/fence/blocks", f->bpffs);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	return fd;
}

/* Behind the fence's back; without a deadline the entry is taken away. */
static void change_kernel(const struct ledgered *f, const char *text, uint64_t deadline)
{
	const struct smtpfence_prefix prefix = prefix_of(text);
	const struct smtpfence_block entry = {deadline, SMTPFENCE_ACTION_DROP, prefix.length};
	int fd = open_blocks(f);

	assert_int_equal(deadline ? bpf_map_update_elem(fd, &prefix, &entry, BPF_ANY)
				  : bpf_map_delete_elem(fd, &prefix),
			 0);
	close(fd);
}

static void test_audit_mends_drift(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_block entry;
	struct ledger_report report;

	assert_ok(f, block(f, GUEST, 60));
	assert_ok(f, block(f, "192.0.2.8", 60));
	assert_ok(f, audit(f));
	assert_events(f, "blocked blocked");

	change_kernel(f, GUEST, 0);
	change_kernel(f, "192.0.2.8", 1);
	change_kernel(f, "192.0.2.9", 2);
	change_kernel(f, "192.0.2.10", 2);
	assert_ok(f, audit(f));
	assert_true(kernel_drops(f, GUEST));
	assert_true(kernel_entry(f, "192.0.2.8", &entry));
	assert_int_equal(entry.deadline, sentence_of(f, "192.0.2.8").deadline);
	assert_false(kernel_entry(f, "192.0.2.9", NULL));
	report = ledger_report(f->ledger);
	assert_int_equal(report.drift_missing, 1);
	assert_int_equal(report.drift_wrong, 1);
	assert_int_equal(report.drift_extra, 2);
	assert_events(f, "blocked blocked drift");
}

static void test_audit_ends_what_is_still_unblocking(void **state)
{
	struct ledgered *f = *state;

	assert_ok(f, block(f, GUEST, 60));
	put_sentence(f, GUEST, SENTENCE_UNBLOCKING, 1);
	assert_ok(f, audit(f));
	assert_int_equal(state_of(f, GUEST), SENTENCE_UNBLOCKED);
	assert_false(kernel_entry(f, GUEST, NULL));
	assert_int_equal(ledger_report(f->ledger).drift_extra, 0);
}

/* What a reboot does to deadlines is reckoned from it: it must not be older than a minute. */
static void test_audit_notes_the_clocks(void **state)
{
	struct ledgered *f = *state;
	char before[128], after[128];

	assert_ok(f, store_get_setting(f->store, "clock", before, sizeof(before), &f->error));
	assert_ok(f, audit(f));
	assert_ok(f, store_get_setting(f->store, "clock", after, sizeof(after), &f->error));
	assert_string_not_equal(before, after);
}

/* A frozen map is one that the fence cannot write to any more. */
static void test_entry_that_cannot_be_taken_away(void **state)
{
	struct ledgered *f = *state;
	int fd = open_blocks(f);

	assert_ok(f, block(f, GUEST, 60));
	assert_int_equal(bpf_map_freeze(fd), 0);
	close(fd);
	assert_ok(f, unblock(f, GUEST, true));
	assert_int_equal(state_of(f, GUEST), SENTENCE_UNBLOCKING);
	assert_true(kernel_drops(f, GUEST));
	/* Whoever asks again gets the same answer, and it is no second end. */
	assert_ok(f, unblock(f, GUEST, false));
	assert_int_equal(state_of(f, GUEST), SENTENCE_UNBLOCKING);
	assert_events(f, "blocked unblocking");
	assert_int_equal(block(f, "192.0.2.8", 60), -EIO);
	assert_non_null(strstr(f->error.text, "stored, but not in force: "));
	assert_true(audit(f) < 0);
	assert_int_equal(state_of(f, GUEST), SENTENCE_UNBLOCKING);

	/* Other limits come with other maps, which take their place once all hooks have gone over.
	 */
	ledgered_close(f);
	config_free(STEAL(f->config));
	ledgered_configure(f, "", "limits: {blocks: 32, prefixes: 16, sources: 16}");
	ledgered_open(f);
	assert_ok(f, fence_watch(f->fence, f->event, NULL, NULL, &f->error));
	assert_int_equal(state_of(f, GUEST), SENTENCE_UNBLOCKED);
	assert_false(kernel_entry(f, GUEST, NULL));
	assert_true(kernel_drops(f, "192.0.2.8"));
}

static void test_lists_of_removed_feeds_end(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix prefix = prefix_of(GUEST);
	struct config config;

	assert_ok(f, apply_list_of(f, "edge", &prefix, 1));
	config = *f->config;
	config.feed_count = 1; /* the scorer alone */
	assert_ok(f, ledger_reconfigure(f->ledger, &config, &f->error));
	assert_false(kernel_entry(f, GUEST, NULL));
	assert_events(f, "listed unlisted reload");
	assert_ok(f, ledger_reconfigure(f->ledger, f->config, &f->error));
}

static void test_reload_leaves_sentences_alone(void **state)
{
	struct ledgered *f = *state;
	unsigned long syncs = f->ledger->syncs;
	struct sentence before, after;

	assert_ok(f, block(f, GUEST, 60));
	before = sentence_of(f, GUEST);
	ledgered_reload(f, "duration: 2s, max: 5s", LEDGERED_LIMITS);
	after = sentence_of(f, GUEST);
	assert_int_equal(after.time, before.time);
	assert_int_equal(after.deadline, before.deadline);
	assert_true(kernel_drops(f, GUEST));
	assert_int_equal(f->ledger->syncs, syncs); /* nor looks at everything */
}

/* Only what has ended, or comes to the allowlist, leaves the kernel with it. */
static void test_reload_with_ends(void **state)
{
	struct smtpfence_prefix listed[] = {prefix_of("192.0.2.9"), prefix_of("198.51.100.9")};
	struct ledgered *f = *state;
	uint64_t deadline;

	assert_ok(f, block(f, GUEST, 1));
	assert_ok(f, block(f, "192.0.2.8", 60));
	assert_ok(f, apply_list_of(f, "edge", listed, ARRAY_SIZE(listed)));
	deadline = sentence_of(f, GUEST).deadline;
	while (clock_boot_ns() < deadline)
		usleep(10000);
	ledgered_reload(f, "", LEDGERED_LIMITS);
	assert_int_equal(state_of(f, GUEST), SENTENCE_UNBLOCKED);
	assert_false(kernel_entry(f, GUEST, NULL));
	assert_true(kernel_drops(f, "192.0.2.8"));
	ledgered_reload(f, "allow: [192.0.2.0/28]", LEDGERED_LIMITS);
	assert_int_equal(state_of(f, "192.0.2.8"), SENTENCE_UNBLOCKED);
	assert_false(kernel_entry(f, "192.0.2.8", NULL));
	assert_false(kernel_entry(f, "192.0.2.9", NULL));
	assert_true(kernel_drops(f, "198.51.100.9"));
	ledgered_reload(f, "allow: [192.0.2.1]", LEDGERED_LIMITS);
	assert_true(kernel_drops(f, "192.0.2.9"));
	assert_ok(f, audit(f));
	assert_int_equal(ledger_report(f->ledger).drift_missing, 0);
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 2);
}

#define CLOSED_TEST(name) cmocka_unit_test_setup_teardown(name, ledgered_setup, ledgered_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LEDGERED_TEST(test_restart_changes_nothing),
		LEDGERED_TEST(test_end_while_the_daemon_is_away),
		LEDGERED_TEST(test_killed_before_the_kernel_knew),
		LEDGERED_TEST(test_full_map),
		CLOSED_TEST(test_full_map_at_the_start),
		LEDGERED_TEST(test_audit_mends_drift),
		LEDGERED_TEST(test_audit_ends_what_is_still_unblocking),
		LEDGERED_TEST(test_audit_notes_the_clocks),
		LEDGERED_TEST(test_entry_that_cannot_be_taken_away),
		LEDGERED_TEST(test_lists_of_removed_feeds_end),
		LEDGERED_TEST(test_reload_leaves_sentences_alone),
		LEDGERED_TEST(test_reload_with_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
