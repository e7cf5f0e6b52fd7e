/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit goes on in steps: what changes between them is no drift, and is not undone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lib/ledgered.h"

static void assert_drift(const struct ledgered *f, size_t missing, size_t wrong, size_t extra)
{
	struct ledger_report report = ledger_report(f->ledger);

	assert_int_equal(report.drift_missing, missing);
	assert_int_equal(report.drift_wrong, wrong);
	assert_int_equal(report.drift_extra, extra);
}

static int open_map(const struct ledgered *f, const struct smtpfence_prefix *prefix)
{
	char path[LEDGERED_PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/fence/%s", f->bpffs,
		 prefix->length == 128 || prefix->length == 64 ? "blocks" : "prefixes");
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	return fd;
}

/* Behind the fence's back; without an action the entry is taken away. */
static void change_kernel(const struct ledgered *f, const char *text, enum smtpfence_action action,
			  uint64_t deadline)
{
	const struct smtpfence_prefix prefix = prefix_of(text);
	const struct smtpfence_block entry = {deadline, action, prefix.length};
	int fd = open_map(f, &prefix);

	assert_int_equal(action ? bpf_map_update_elem(fd, &prefix, &entry, BPF_ANY)
				: bpf_map_delete_elem(fd, &prefix),
			 0);
	close(fd);
}

static void list(struct ledgered *f, const char *first, const char *second)
{
	struct smtpfence_prefix prefixes[] = {prefix_of(first), prefix_of(second)};

	assert_ok(f, apply_list_of(f, "edge", prefixes, 2));
}

static void block_one(struct ledgered *f)
{
	assert_ok(f, block(f, "192.0.2.1", 600));
}

static void block_again(struct ledgered *f)
{
	assert_ok(f, block(f, "192.0.2.50", 300));
}

static void unblock_one(struct ledgered *f)
{
	assert_ok(f, unblock(f, "192.0.2.50", true));
}

static void list_others(struct ledgered *f)
{
	list(f, "198.51.100.0/25", "203.0.113.2");
}

static void allow_one(struct ledgered *f)
{
	assert_ok(f, allow(f, "192.0.2.50"));
}

static void allow_range(struct ledgered *f)
{
	assert_ok(f, allow(f, "198.51.100.128/25"));
}

static void disallow_one(struct ledgered *f)
{
	assert_ok(f, disallow(f, "198.51.100.7"));
}

static void (*const changes[])(struct ledgered *f) = {
	block_one, block_again, unblock_one, list_others, allow_one, allow_range, disallow_one,
};

/*
 * A store that has only just begun. 192.0.2.50 has a sentence; 198.51.100.0/24, but for .7 in it,
 * and 203.0.113.1 are listed.
 */
static void begin_anew(struct ledgered *f)
{
	static const char *const files[] = {"store.db", "store.db-wal", "store.db-shm"};
	char path[LEDGERED_PATH_MAX];

	ledger_free(STEAL(f->ledger));
	store_free(STEAL(f->store));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(ledgered_path(f, files[i], path));
	ledgered_open_store(f);
	assert_ok(f, ledger_open(f->event, f->config, f->store, f->fence, &f->ledger, &f->error));
	assert_ok(f, block(f, "192.0.2.50", 600));
	list(f, "198.51.100.0/24", "203.0.113.1");
	assert_ok(f, allow(f, "198.51.100.7"));
}

/* Returns whether there is more to do. */
static bool take_steps(struct ledgered *f, unsigned int steps)
{
	int r = 1;

	for (unsigned int i = 0; i < steps && r > 0; i++)
		r = inspect_step(f->ledger, &f->error);
	assert_ok(f, r);
	return r > 0;
}

static void test_changes_between_steps(void **state)
{
	struct ledgered *f = *state;
	unsigned int steps = 1;
	bool more = true;

	for (; more; steps++) {
		for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
			begin_anew(f);
			more = take_steps(f, steps);
			changes[i](f);
			assert_ok(f, audit(f));
			assert_drift(f, 0, 0, 0);
			assert_ok(f, audit(f));
			assert_drift(f, 0, 0, 0);
		}
	}
	assert_true(steps > 6);
}

/* What somebody has done to the maps is found by this audit or by the next one, and no other thing.
 */
static void test_strangers_between_steps(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_block entry;
	bool more = true;

	for (unsigned int steps = 1; more; steps++) {
		begin_anew(f);
		more = take_steps(f, steps);
		change_kernel(f, "192.0.2.50", 0, 0);
		change_kernel(f, "203.0.113.1", SMTPFENCE_ACTION_DROP, 5);
		change_kernel(f, "198.51.100.0/24", 0, 0);
		change_kernel(f, "198.51.100.7", 0, 0);
		change_kernel(f, "192.0.2.200", SMTPFENCE_ACTION_DROP, 0);
		change_kernel(f, "192.0.2.128/25", SMTPFENCE_ACTION_DROP, 0);
		change_kernel(f, "192.0.2.201", SMTPFENCE_ACTION_ALLOW, 0);
		block_one(f);
		assert_ok(f, audit(f));
		assert_ok(f, audit(f));
		assert_drift(f, 3, 1, 3);
		assert_true(kernel_drops(f, "192.0.2.50"));
		assert_true(kernel_drops(f, "192.0.2.1"));
		assert_true(kernel_drops(f, "198.51.100.0/24"));
		assert_true(kernel_allows(f, "198.51.100.7"));
		assert_true(kernel_entry(f, "203.0.113.1", &entry));
		assert_int_equal(entry.deadline, 0);
		assert_false(kernel_entry(f, "192.0.2.200", NULL));
		assert_false(kernel_entry(f, "192.0.2.201", NULL));
		assert_false(kernel_entry(f, "192.0.2.128/25", NULL));
	}
}

static void test_ends_between_steps(void **state)
{
	struct ledgered *f = *state;
	bool more = true;

	for (unsigned int steps = 1; more; steps++) {
		struct listing listing = {prefix_of("203.0.113.9"), 0};
		uint64_t end;

		begin_anew(f);
		listing.until = clock_wall() + 1;
		assert_ok(f, apply_listings(f, "drop", &listing, 1));
		assert_ok(f, block(f, "192.0.2.9", 1));
		more = take_steps(f, steps);
		end = sentence_of(f, "192.0.2.9").deadline + NSEC_PER_SEC / 10;
		while (clock_boot_ns() < end)
			usleep(10000);
		/* The timer has had no turn yet. */
		assert_ok(f, audit(f));
		assert_ok(f, audit(f));
		assert_drift(f, 0, 0, 0);
		await_state(f, "192.0.2.9", SENTENCE_UNBLOCKED);
		assert_ok(f, audit(f));
		assert_drift(f, 0, 0, 0);
		assert_false(kernel_entry(f, "192.0.2.9", NULL));
		assert_false(kernel_entry(f, "203.0.113.9", NULL));
	}
}

/* By then the maps are as they should be; what is counted is what the next audit finds. */
static void test_overtaken(void **state)
{
	struct ledgered *f = *state;

	begin_anew(f);
	assert_true(take_steps(f, 3));
	change_kernel(f, "192.0.2.50", 0, 0);
	ledgered_reload(f, "allow: [192.0.2.99]", LEDGERED_LIMITS);
	assert_false(take_steps(f, 1));
	assert_true(kernel_drops(f, "192.0.2.50"));
	assert_true(take_steps(f, 1));
	f->ledger->unfinished++;
	assert_false(take_steps(f, 1));
	assert_false(take_steps(f, 1));
	f->ledger->unfinished--;
	assert_ok(f, audit(f));
	assert_drift(f, 0, 0, 0);
}

/* The deadlines of listings follow the wall clock, and that is no drift. */
static void test_wall_clock_is_set(void **state)
{
	struct listing listing = {prefix_of("203.0.113.9"), clock_wall() + 600};
	struct ledgered *f = *state;
	struct smtpfence_block before, after;

	begin_anew(f);
	assert_ok(f, apply_listings(f, "drop", &listing, 1));
	f->ledger->wall_offset += 100 * (int64_t)NSEC_PER_SEC;
	change_kernel(f, "203.0.113.9", SMTPFENCE_ACTION_DROP,
		      clock_boot_ns() + 500 * NSEC_PER_SEC);
	assert_true(kernel_entry(f, "203.0.113.9", &before));
	assert_ok(f, audit(f));
	assert_true(kernel_entry(f, "203.0.113.9", &after));
	assert_in_range(after.deadline, before.deadline + 98 * NSEC_PER_SEC,
			before.deadline + 101 * NSEC_PER_SEC);
	assert_drift(f, 0, 0, 0);
	change_kernel(f, "203.0.113.9", 0, 0);
	assert_ok(f, audit(f));
	assert_drift(f, 1, 0, 0);
}

static void test_by_the_timer(void **state)
{
	struct ledgered *f = *state;
	uint64_t end = clock_boot_ns() + LEDGERED_PATIENCE_NS;

	begin_anew(f);
	change_kernel(f, "192.0.2.50", 0, 0);
	for (unsigned int i = 1; i <= 2; i++) {
		assert_true(sd_event_source_set_time(f->ledger->audit_timer, 0) >= 0);
		while (ledger_report(f->ledger).drift_missing < i) {
			assert_true(clock_boot_ns() < end);
			assert_true(sd_event_run(f->event, 100000) >= 0);
		}
		assert_true(kernel_drops(f, "192.0.2.50"));
		assert_null(f->ledger->inspection);
		change_kernel(f, "192.0.2.50", 0, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LEDGERED_TEST(test_changes_between_steps),
		LEDGERED_TEST(test_strangers_between_steps),
		LEDGERED_TEST(test_ends_between_steps),
		LEDGERED_TEST(test_overtaken),
		LEDGERED_TEST(test_wall_clock_is_set),
		LEDGERED_TEST(test_by_the_timer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
