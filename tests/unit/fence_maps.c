/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading, pinning, taking over and filling the maps, on the real kernel. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "fence/fence.h"
#include "fence/map.h"
#include "fence_sandbox.h"

#define DROP  SMTPFENCE_ACTION_DROP
#define ALLOW SMTPFENCE_ACTION_ALLOW

#define NAMES "interfaces: [{match: \"none*\", role: guest}]\n"

static struct fence *open_fence(struct config *config)
{
	struct fence *fence = NULL;
	struct error error = {};

	assert_ok(fence_open(config, &fence, &error), &error);
	return fence;
}

/* What a daemon leaves that is killed after it has loaded. */
static void open_and_die(struct config *config)
{
	fence_free(open_fence(config));
}

static int open_map(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), BPFFS "/%s", name);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	return fd;
}

static size_t count_keys(const char *name)
{
	_cleanup_close_ int fd = open_map(name);
	struct smtpfence_prefix key;
	size_t count = 0;

	while (bpf_map_get_next_key(fd, count ? &key : NULL, &key) == 0)
		count++;
	return count;
}

static struct smtpfence_settings settings(void)
{
	_cleanup_close_ int fd = open_map("settings");
	struct smtpfence_settings value;
	const __u32 zero = 0;

	assert_int_equal(bpf_map_lookup_elem(fd, &zero, &value), 0);
	return value;
}

/* The action under which exactly that prefix stands in @map; 0: it does not. */
static int action_in(const char *map, const char *text, uint64_t *ret_deadline)
{
	struct smtpfence_prefix prefix = sandbox_prefix(text);
	_cleanup_close_ int fd = open_map(map);
	struct smtpfence_block block;

	if (bpf_map_lookup_elem(fd, &prefix, &block) || block.length != prefix.length)
		return 0;
	if (ret_deadline)
		*ret_deadline = block.deadline;
	return (int)block.action;
}

static struct entry entry(const char *text, enum smtpfence_action action, uint64_t deadline)
{
	return (struct entry){sandbox_prefix(text), action, deadline};
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;

	return prefix_compare(&left->prefix, &right->prefix);
}

/* Syncs to @count @items, which are put in order, and returns what fence_sync did. */
static int sync_to(struct fence *fence, struct entry *items, size_t count,
		   struct fence_changes *changes, struct error *error)
{
	const struct entries wanted = {items, count};

	if (count)
		qsort(items, count, sizeof(*items), compare_entries);
	return fence_sync(fence, &wanted, changes, error);
}

/* 10.x.y.z, @count of them */
static struct entry *many(size_t count)
{
	struct entry *items = calloc(count, sizeof(*items));

	assert_non_null(items);
	for (size_t i = 0; i < count; i++) {
		items[i] = entry("10.0.0.0", DROP, 1 + i);
		items[i].prefix.address[13] = (unsigned char)(i >> 16);
		items[i].prefix.address[14] = (unsigned char)(i >> 8);
		items[i].prefix.address[15] = (unsigned char)i;
	}
	return items;
}

static void assert_changes(const struct fence_changes *changes, size_t added, size_t updated,
			   size_t removed, size_t refused)
{
	assert_int_equal(changes->added, added);
	assert_int_equal(changes->updated, updated);
	assert_int_equal(changes->removed, removed);
	assert_int_equal(changes->refused, refused);
}

static void test_open_pins_everything(void **state)
{
	static const char *const pins[] = {"blocks",  "prefixes",   "exempt_destinations",
					   "sources", "block_hits", "interfaces",
					   "totals",  "settings",   "recent",
					   "links",   "programs",   "programs/check"};
	_cleanup_(config_freep) struct config *config = NULL;
	struct stat status;
	char path[128];

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES);
	open_and_die(config);
	for (size_t i = 0; i < ARRAY_SIZE(pins); i++) {
		snprintf(path, sizeof(path), BPFFS "/%s", pins[i]);
		assert_int_equal(access(path, F_OK), 0);
	}
	assert_int_not_equal(access(BPFFS "/next", F_OK), 0);
	assert_int_equal(stat(BPFFS, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(settings().schema, SMTPFENCE_SCHEMA);
}

static void test_sync_by_difference(void **state)
{
	struct entry first[] = {
		entry("192.0.2.1", DROP, 7),	     entry("192.0.2.2", DROP, 7),
		entry("198.51.100.0/24", DROP, 0),   entry("198.51.100.9", ALLOW, 0),
		entry("2001:db8:1:2::/64", DROP, 9), entry("2001:db8::/48", DROP, 9),
		entry("2001:db8::1", DROP, 9)};
	struct entry second[] = {entry("192.0.2.2", DROP, 8), entry("198.51.100.9", DROP, 0),
				 entry("2001:db8::/48", DROP, 9), entry("203.0.113.0/25", DROP, 1)};
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	struct fence_changes changes;
	struct error error = {};
	uint64_t deadline = 0;

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES);
	fence = open_fence(config);
	assert_ok(sync_to(fence, first, ARRAY_SIZE(first), &changes, &error), &error);
	assert_changes(&changes, 7, 0, 0, 0);
	assert_int_equal(count_keys("blocks"), 5);
	assert_int_equal(count_keys("prefixes"), 2);
	assert_int_equal(settings().prefixes, 2);
	assert_int_equal(action_in("blocks", "198.51.100.9", NULL), ALLOW);
	assert_int_equal(action_in("blocks", "2001:db8:1:2::/64", NULL), DROP);

	assert_ok(sync_to(fence, first, ARRAY_SIZE(first), &changes, &error), &error);
	assert_changes(&changes, 0, 0, 0, 0);

	assert_ok(sync_to(fence, second, ARRAY_SIZE(second), &changes, &error), &error);
	assert_changes(&changes, 1, 2, 4, 0);
	assert_int_equal(action_in("blocks", "192.0.2.2", &deadline), DROP);
	assert_int_equal(deadline, 8);
	assert_int_equal(action_in("blocks", "192.0.2.1", NULL), 0);
	assert_int_equal(action_in("prefixes", "203.0.113.0/25", NULL), DROP);
	assert_int_equal(settings().prefixes, 2);

	assert_ok(sync_to(fence, NULL, 0, &changes, &error), &error);
	assert_changes(&changes, 0, 0, 4, 0);
	assert_int_equal(settings().prefixes, 0);
}

static void test_sync_of_many(void **state)
{
	const size_t count = 20000;
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	_cleanup_free_ struct entry *items = NULL;
	struct fence_changes changes;
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES "limits: {blocks: 20000}\n");
	fence = open_fence(config);
	items = many(count);
	assert_ok(sync_to(fence, items, count, &changes, &error), &error);
	assert_changes(&changes, count, 0, 0, 0);
	assert_int_equal(count_keys("blocks"), count);
	items[77].deadline = 1;
	assert_ok(sync_to(fence, items, count - 1, &changes, &error), &error);
	assert_changes(&changes, 0, 1, 1, 0);
}

static void assert_done(const struct fence_edit *edits, size_t count, size_t expected)
{
	_cleanup_close_ int fd = open_map("blocks");
	struct smtpfence_block block;
	size_t done = 0;

	for (size_t i = 0; i < count; i++) {
		bool in = bpf_map_lookup_elem(fd, &edits[i].entry.prefix, &block) == 0;

		done += edits[i].done;
		if (edits[i].done)
			assert_int_equal(in, !edits[i].clear);
	}
	assert_int_equal(done, expected);
}

/* So many are written, and taken away, by two threads. */
static void test_many_at_once(void **state)
{
	const size_t count = 10000, room = 9996;
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	_cleanup_free_ struct fence_edit *edits = calloc(count, sizeof(*edits));
	_cleanup_free_ struct entry *items = many(count);
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES "limits: {blocks: 9996}\n");
	fence = open_fence(config);
	for (size_t i = 0; i < count; i++)
		edits[i].entry = items[i];
	assert_int_equal(fence_edit_each(fence, edits, count, &error), -ENOSPC);
	assert_done(edits, count, room);
	assert_int_equal(count_keys("blocks"), room);
	for (size_t i = 0; i < count; i++)
		edits[i].clear = i % 1000 != 0;
	/* Room for one that did not fit is made by the others. */
	assert_ok(fence_edit_each(fence, edits, count, &error), &error);
	assert_done(edits, count, count);
	assert_int_equal(count_keys("blocks"), count / 1000);
}

static void test_set_and_clear(void **state)
{
	const struct smtpfence_prefix absent = sandbox_prefix("192.0.2.77");
	struct entry address, wide, inner;
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES);
	fence = open_fence(config);
	address = entry("192.0.2.1", DROP, 3);
	wide = entry("192.0.2.0/24", DROP, 3);
	inner = entry("192.0.2.0/25", DROP, 3);
	assert_ok(fence_set(fence, &address, &error), &error);
	assert_ok(fence_set(fence, &wide, &error), &error);
	wide.deadline = 4;
	assert_ok(fence_set(fence, &wide, &error), &error);
	assert_int_equal(settings().prefixes, 1);
	assert_ok(fence_set(fence, &inner, &error), &error);
	assert_int_equal(settings().prefixes, 2);
	assert_int_equal(action_in("blocks", "192.0.2.1", NULL), DROP);
	assert_ok(fence_clear(fence, &inner.prefix, &error), &error);
	assert_ok(fence_clear(fence, &wide.prefix, &error), &error);
	assert_ok(fence_clear(fence, &wide.prefix, &error), &error);
	assert_int_equal(settings().prefixes, 0);
	assert_ok(fence_clear(fence, &address.prefix, &error), &error);
	assert_ok(fence_clear(fence, &absent, &error), &error);
	assert_int_equal(count_keys("blocks") + count_keys("prefixes"), 0);
}

/* What the datapath found in this timer tick must not outlive a change. */
/* What is to be cleared and was never in is gone as well as anything. */
static void test_some_at_once(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	struct fence_edit first[] = {
		{.entry = entry("192.0.2.1", DROP, 7)},
		{.entry = entry("192.0.2.0/24", DROP, 0)},
		{.entry = entry("192.0.2.9", DROP, 0), .clear = true},
		{.entry = entry("2001:db8::/64", DROP, 9)},
		{.entry = entry("198.51.100.0/24", DROP, 0), .clear = true},
	};
	struct fence_edit second[] = {
		{.entry = entry("192.0.2.9", DROP, 0), .clear = true},
		{.entry = entry("192.0.2.1", DROP, 0), .clear = true},
		{.entry = entry("192.0.2.2", DROP, 8)},
		{.entry = entry("192.0.2.0/24", DROP, 0), .clear = true},
		{.entry = entry("2001:db8::/64", DROP, 10)},
	};
	struct error error = {};
	uint64_t deadline = 0;

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES);
	fence = open_fence(config);
	assert_ok(fence_edit_each(fence, first, ARRAY_SIZE(first), &error), &error);
	assert_int_equal(action_in("blocks", "192.0.2.1", &deadline), DROP);
	assert_int_equal(deadline, 7);
	assert_int_equal(action_in("prefixes", "192.0.2.0/24", NULL), DROP);
	assert_int_equal(settings().prefixes, 1);
	assert_int_equal(action_in("blocks", "2001:db8::/64", NULL), DROP);
	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		assert_true(first[i].done);

	assert_ok(fence_edit_each(fence, second, ARRAY_SIZE(second), &error), &error);
	assert_int_equal(action_in("blocks", "192.0.2.1", NULL), 0);
	assert_int_equal(action_in("blocks", "192.0.2.2", NULL), DROP);
	assert_int_equal(action_in("blocks", "2001:db8::/64", &deadline), DROP);
	assert_int_equal(deadline, 10);
	assert_int_equal(count_keys("blocks"), 2);
	assert_int_equal(count_keys("prefixes"), 0);
	assert_int_equal(settings().prefixes, 0);
	for (size_t i = 0; i < ARRAY_SIZE(second); i++)
		assert_true(second[i].done);
}

/* What has to go goes, and what does not fit is told. */
static void test_some_at_once_into_a_full_map(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	struct fence_edit edits[40];
	struct error error = {};
	char text[PREFIX_TEXT_MAX];
	size_t done = 0;

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES "limits: {blocks: 16}\n");
	fence = open_fence(config);
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		snprintf(text, sizeof(text), "192.0.2.%zu", i);
		edits[i] = (struct fence_edit){.entry = entry(text, DROP, 0)};
	}
	assert_int_equal(fence_edit_each(fence, edits, 40, &error), -ENOSPC);
	assert_non_null(strstr(error.text, "raise limits.blocks (16) and restart"));
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++)
		done += edits[i].done;
	assert_int_equal(done, 16);
	assert_int_equal(count_keys("blocks"), 16);
	edits[0].clear = true;
	assert_int_equal(fence_edit_each(fence, edits, 40, &error), -ENOSPC);
	assert_true(edits[0].done);
	assert_int_equal(action_in("blocks", "192.0.2.0", NULL), 0);
}

/* No source is blocked while its exception does not fit. */
static void test_block_waits_for_its_exception(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	struct fence_edit edits[] = {
		{.entry = entry("192.0.2.0/24", DROP, 0)},
		{.entry = entry("198.51.100.0/24", DROP, 0)},
		{.entry = entry("192.0.2.99", ALLOW, 0)},
	};
	struct error error = {};
	char text[PREFIX_TEXT_MAX];

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES "limits: {blocks: 16}\n");
	fence = open_fence(config);
	for (size_t i = 0; i < 16; i++) {
		struct entry other;

		snprintf(text, sizeof(text), "203.0.113.%zu", i);
		other = entry(text, DROP, 0);
		assert_ok(fence_set(fence, &other, &error), &error);
	}
	assert_int_equal(fence_edit_each(fence, edits, ARRAY_SIZE(edits), &error), -ENOSPC);
	assert_non_null(strstr(error.text, "raise limits.blocks (16) and restart"));
	assert_false(edits[0].done || edits[2].done);
	assert_true(edits[1].done);
	assert_int_equal(action_in("prefixes", "192.0.2.0/24", NULL), 0);
	assert_int_equal(action_in("prefixes", "198.51.100.0/24", NULL), DROP);
}

/* A frozen map is one that nothing can be taken out of. */
static void test_exception_stays_while_its_block_does(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	struct fence_edit edits[] = {
		{.entry = entry("192.0.2.99", ALLOW, 0)},
		{.entry = entry("203.0.113.9", ALLOW, 0)},
		{.entry = entry("192.0.2.0/24", DROP, 0)},
	};
	struct error error = {};
	int fd;

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES);
	fence = open_fence(config);
	assert_ok(fence_edit_each(fence, edits, ARRAY_SIZE(edits), &error), &error);
	fd = open_map("prefixes");
	assert_int_equal(bpf_map_freeze(fd), 0);
	close(fd);
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++)
		edits[i].clear = true;
	assert_int_equal(fence_edit_each(fence, edits, ARRAY_SIZE(edits), &error), -EPERM);
	assert_false(edits[0].done || edits[2].done);
	assert_true(edits[1].done);
	assert_int_equal(action_in("blocks", "192.0.2.99", NULL), ALLOW);
	assert_int_equal(action_in("blocks", "203.0.113.9", NULL), 0);
}

static void test_every_change_is_a_new_generation(void **state)
{
	static const char *const prefixes[] = {"192.0.2.1", "198.51.100.0/25"};
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES);
	fence = open_fence(config);
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		struct entry entry = {.action = SMTPFENCE_ACTION_DROP};
		struct entries wanted = {&entry, 1};
		struct fence_changes changes;
		uint32_t generation;

		assert_int_equal(prefix_parse(prefixes[i], &entry.prefix), 0);
		generation = settings().generation;
		assert_ok(fence_set(fence, &entry, &error), &error);
		assert_int_not_equal(settings().generation, generation);
		generation = settings().generation;
		assert_ok(fence_clear(fence, &entry.prefix, &error), &error);
		assert_int_not_equal(settings().generation, generation);
		generation = settings().generation;
		assert_ok(fence_sync(fence, &wanted, &changes, &error), &error);
		assert_int_not_equal(settings().generation, generation);
		generation = settings().generation;
		assert_ok(fence_sync(fence, &wanted, &changes, &error), &error);
		assert_int_equal(settings().generation, generation);
		assert_ok(fence_set_mode(fence, SMTPFENCE_MODE_MONITOR, &error), &error);
		assert_int_not_equal(settings().generation, generation);
		assert_ok(fence_set_mode(fence, SMTPFENCE_MODE_ENFORCE, &error), &error);
	}
}

static void test_full_map_is_loud_and_keeps_what_is_in(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	_cleanup_free_ struct entry *items = NULL;
	struct fence_changes changes;
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES "limits: {blocks: 100, prefixes: 2}\n");
	fence = open_fence(config);
	items = many(150);
	assert_ok(sync_to(fence, items + 50, 90, &changes, &error), &error);

	items[139].deadline = 4711;
	assert_int_equal(sync_to(fence, items, 140, &changes, &error), -ENOSPC);
	assert_changes(&changes, 10, 1, 0, 40);
	assert_non_null(strstr(error.text, "40 entries"));
	assert_non_null(strstr(error.text, "limits.blocks (100)"));
	assert_int_equal(count_keys("blocks"), 100);
	for (size_t i = 50; i < 140; i++) {
		char text[PREFIX_TEXT_MAX];

		prefix_format(&items[i].prefix, text);
		assert_int_equal(action_in("blocks", text, NULL), DROP);
	}
	assert_int_equal(fence_set(fence, &items[145], &error), -ENOSPC);
	assert_non_null(strstr(error.text, "10.0.0.145"));
	assert_non_null(strstr(error.text, "limits.blocks (100)"));
	items[60].deadline = 4712;
	assert_ok(fence_set(fence, &items[60], &error), &error);

	/* Room is made first when nothing else will do. */
	assert_ok(sync_to(fence, items + 50, 100, &changes, &error), &error);
	assert_int_equal(changes.refused, 0);
	assert_int_equal(count_keys("blocks"), 100);
}

/* A wide block whose exception does not fit would hit a source that is not blocked. */
static void test_no_block_without_its_exception(void **state)
{
	struct entry full[] = {entry("192.0.2.1", DROP, 0), entry("198.51.100.0/24", DROP, 0),
			       entry("198.51.100.7", ALLOW, 0)};
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	struct fence_changes changes;
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES "limits: {blocks: 1}\n");
	fence = open_fence(config);
	assert_ok(sync_to(fence, full, 1, &changes, &error), &error);
	assert_int_equal(sync_to(fence, full, 3, &changes, &error), -ENOSPC);
	assert_changes(&changes, 0, 0, 0, 2);
	assert_int_equal(action_in("prefixes", "198.51.100.0/24", NULL), 0);
	assert_int_equal(settings().prefixes, 0);
	assert_int_equal(action_in("blocks", "192.0.2.1", NULL), DROP);
	assert_ok(sync_to(fence, full + 1, 2, &changes, &error), &error);
	assert_changes(&changes, 2, 0, 1, 0);
}

static void test_full_trie(void **state)
{
	struct entry items[] = {entry("10.1.0.0/16", DROP, 0), entry("10.2.0.0/16", DROP, 0),
				entry("10.3.0.0/16", DROP, 0)};
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	struct fence_changes changes;
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES "limits: {prefixes: 2}\n");
	fence = open_fence(config);
	assert_int_equal(sync_to(fence, items, 3, &changes, &error), -ENOSPC);
	assert_changes(&changes, 2, 0, 0, 1);
	assert_non_null(strstr(error.text, "limits.prefixes (2)"));
	assert_int_equal(settings().prefixes, 2);
	assert_int_equal(fence_set(fence, &items[2], &error), -ENOSPC);
	assert_non_null(strstr(error.text, "10.3.0.0/16"));
	assert_int_equal(settings().prefixes, 2);
}

static void test_configure(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL, *other = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES
				"mode: monitor\npolicy: {exempt_destinations: [\"198.51.100.25\", "
				"\"2001:db8::/32\"]}\n");
	other = sandbox_config(NAMES "policy: {exempt_destinations: [\"198.51.100.25\"], "
				     "ipv6_unit: 128}\n");
	fence = open_fence(config);
	assert_int_equal(settings().mode, SMTPFENCE_MODE_MONITOR);
	assert_int_equal(settings().exempt, 2);
	assert_int_equal(settings().ipv6_count_length, 64);
	assert_int_equal(count_keys("exempt_destinations"), 2);
	assert_ok(fence_configure(fence, other, &error), &error);
	assert_int_equal(settings().mode, SMTPFENCE_MODE_MONITOR);
	assert_int_equal(settings().exempt, 1);
	assert_int_equal(settings().ipv6_count_length, 128);
	assert_int_equal(count_keys("exempt_destinations"), 1);
	assert_ok(fence_set_mode(fence, SMTPFENCE_MODE_ENFORCE, &error), &error);
	assert_int_equal(settings().mode, SMTPFENCE_MODE_ENFORCE);
	assert_int_equal(fence_mode(fence), SMTPFENCE_MODE_ENFORCE);
}

static __u32 map_id(const char *name)
{
	_cleanup_close_ int fd = open_map(name);
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	return info.id;
}

static void test_take_over_keeps_the_maps(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL, *next = NULL;
	struct error error = {};
	struct entry one;
	__u32 id;

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES);
	fence = open_fence(config);
	one = entry("192.0.2.1", DROP, 3);
	assert_ok(fence_set(fence, &one, &error), &error);
	assert_ok(fence_set_mode(fence, SMTPFENCE_MODE_MONITOR, &error), &error);
	id = map_id("blocks");
	next = open_fence(config);
	assert_int_equal(map_id("blocks"), id);
	assert_int_equal(action_in("blocks", "192.0.2.1", NULL), DROP);
	assert_int_equal(fence_mode(next), SMTPFENCE_MODE_MONITOR);
	assert_int_not_equal(access(BPFFS "/next", F_OK), 0);
}

/* Opens with @config, which the pinned maps do not fit, and goes on to where the pins are moved. */
static void open_next_generation(struct config *config, sd_event *event)
{
	_cleanup_(fence_freep) struct fence *fence = open_fence(config);
	struct error error = {};
	__u32 old = map_id("blocks");

	assert_int_equal(access(BPFFS "/next/blocks", F_OK), 0);
	assert_ok(fence_watch(fence, event, NULL, NULL, &error), &error);
	assert_int_not_equal(map_id("blocks"), old);
	assert_int_not_equal(access(BPFFS "/next", F_OK), 0);
}

static void test_other_limits_make_a_new_generation(void **state)
{
	_cleanup_(sd_event_unrefp) sd_event *event = NULL;
	_cleanup_(config_freep) struct config *config = NULL, *larger = NULL;

	(void)state;
	SKIP_UNLESS_ROOT();
	assert_true(sd_event_new(&event) >= 0);
	config = sandbox_config(NAMES "limits: {blocks: 100}\n");
	larger = sandbox_config(NAMES "limits: {blocks: 200}\n");
	open_and_die(config);
	open_next_generation(larger, event);
}

static void test_other_schema_makes_a_new_generation(void **state)
{
	_cleanup_(sd_event_unrefp) sd_event *event = NULL;
	_cleanup_(config_freep) struct config *config = NULL;
	struct smtpfence_settings older = {.schema = 1};
	const __u32 zero = 0;

	(void)state;
	SKIP_UNLESS_ROOT();
	assert_true(sd_event_new(&event) >= 0);
	config = sandbox_config(NAMES);
	open_and_die(config);
	{
		_cleanup_close_ int fd = open_map("settings");

		assert_int_equal(bpf_map_update_elem(fd, &zero, &older, BPF_ANY), 0);
	}
	open_next_generation(config, event);
	assert_int_equal(settings().schema, SMTPFENCE_SCHEMA);
}

/* Whatever a start that was cut short left, the next one ends with one whole generation. */
static void test_recovers_from_a_start_cut_short(void **state)
{
	static const char *const damages[] = {
		"mkdir " BPFFS "/next", /* before the first pin */
		"rm " BPFFS "/totals",	/* in the middle of the first start's pins */
		"mkdir " BPFFS "/next && mv " BPFFS "/prefixes " BPFFS "/next/",
		"rm " BPFFS "/programs/check && rmdir " BPFFS "/programs",
	};
	_cleanup_(config_freep) struct config *config = NULL, *larger = NULL;
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES "limits: {blocks: 100}\n");
	larger = sandbox_config(NAMES "limits: {blocks: 200}\n");
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		_cleanup_(sd_event_unrefp) sd_event *event = NULL;
		_cleanup_(fence_freep) struct fence *fence = NULL;

		assert_true(sd_event_new(&event) >= 0);
		open_and_die(config);
		RUN(damages[i]);
		fence = open_fence(config);
		assert_ok(fence_watch(fence, event, NULL, NULL, &error), &error);
		assert_int_not_equal(access(BPFFS "/next", F_OK), 0);
		assert_int_equal(access(BPFFS "/programs/check", F_OK), 0);
		assert_int_equal(settings().schema, SMTPFENCE_SCHEMA);
		assert_int_equal(count_keys("prefixes") + count_keys("totals"), 13);
		assert_ok(fence_unload(BPFFS, &error), &error);
	}
	/* Cut short before its hooks moved over: the generation below `next` is thrown away. */
	open_and_die(config);
	open_and_die(larger);
	assert_int_equal(access(BPFFS "/next/blocks", F_OK), 0);
	open_and_die(config);
	assert_int_not_equal(access(BPFFS "/next", F_OK), 0);
}

/* A bucket that holds more than there is room for makes room. */
static void test_some_of_a_map_at_a_time(void **state)
{
	_cleanup_(map_batch_close) struct map_batch batch = {};
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	_cleanup_free_ struct entry *items = many(500);
	bool seen[500] = {};
	struct fence_changes changes;
	struct error error = {};
	_cleanup_close_ int fd = -1;

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES "limits: {blocks: 512}\n");
	fence = open_fence(config);
	assert_ok(sync_to(fence, items, 500, &changes, &error), &error);
	fd = open_map("blocks");
	assert_int_equal(map_batch_open(fd, 1, &batch), 0);
	for (size_t read = 0; read < 500; read += batch.count) {
		const struct smtpfence_prefix *keys;
		const struct smtpfence_block *values;

		assert_int_equal(map_batch_next(&batch), 0);
		assert_int_not_equal(batch.count, 0);
		keys = batch.keys;
		values = batch.values;
		for (size_t i = 0; i < batch.count; i++) {
			size_t which = values[i].deadline - 1;

			assert_true(which < 500 && !seen[which]);
			assert_memory_equal(&keys[i], &items[which].prefix, sizeof(*keys));
			seen[which] = true;
		}
	}
	assert_int_equal(map_batch_next(&batch), 0);
	assert_int_equal(batch.count, 0);
	assert_int_equal(map_batch_next(&batch), 0);
	assert_int_equal(batch.count, 0);
	assert_true(batch.capacity > 1 && batch.capacity < 512);
}

/* What was put into the trie behind the fence's back counts for the datapath as well. */
static void test_review(void **state)
{
	struct entry items[] = {entry("192.0.2.0/24", DROP, 0), entry("192.0.2.9", ALLOW, 0),
				entry("198.51.100.1", DROP, 7)};
	const struct smtpfence_prefix other = sandbox_prefix("203.0.113.0/24");
	const struct smtpfence_block block = {.action = DROP, .length = other.length};
	_cleanup_(fence_review_freep) struct fence_review *review = NULL;
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	const struct entries *entries;
	struct fence_changes changes;
	struct error error = {};
	_cleanup_close_ int fd = -1;
	size_t read = 0;

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES);
	fence = open_fence(config);
	assert_ok(sync_to(fence, items, ARRAY_SIZE(items), &changes, &error), &error);
	fd = open_map("prefixes");
	assert_int_equal(bpf_map_update_elem(fd, &other, &block, BPF_ANY), 0);
	assert_int_equal(settings().prefixes, 1);
	assert_ok(fence_review_begin(fence, &review, &error), &error);
	do {
		assert_ok(fence_review_read(review, &entries, &error), &error);
		for (size_t i = 0; i < entries->count; i++) {
			const struct entry *found =
				bsearch(&entries->items[i], items, ARRAY_SIZE(items),
					sizeof(*items), compare_entries);

			if (found)
				assert_memory_equal(found, &entries->items[i], sizeof(*found));
			else
				assert_memory_equal(&entries->items[i].prefix, &other,
						    sizeof(other));
		}
		read += entries->count;
	} while (entries->count > 0);
	assert_int_equal(read, 4);
	assert_int_equal(settings().prefixes, 2);
}

static void test_look(void **state)
{
	struct entry items[] = {entry("192.0.2.0/24", DROP, 0), entry("192.0.2.9", ALLOW, 7)};
	const struct fence_edit edits[] = {
		{.entry = entry("192.0.2.9", DROP, 0)},
		{.entry = entry("192.0.2.0/25", DROP, 0)}, /* in the /24, and not in */
		{.entry = entry("192.0.2.0/24", DROP, 0), .clear = true},
	};
	struct fence_present present[ARRAY_SIZE(edits)];
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	struct fence_changes changes;
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES);
	fence = open_fence(config);
	assert_ok(sync_to(fence, items, ARRAY_SIZE(items), &changes, &error), &error);
	assert_ok(fence_look_each(fence, edits, ARRAY_SIZE(edits), present, &error), &error);
	assert_true(present[0].there && present[0].action == ALLOW && present[0].deadline == 7);
	assert_false(present[1].there);
	assert_true(present[2].there && present[2].action == DROP && present[2].deadline == 0);
}

/* As an audit does it, after it has read all entries. */
static void review_hits(struct fence *fence)
{
	_cleanup_(fence_review_freep) struct fence_review *review = NULL;
	struct error error = {};
	int r;

	assert_ok(fence_review_begin(fence, &review, &error), &error);
	while ((r = fence_review_hits(review, &error)) > 0)
		;
	assert_ok(r, &error);
}

static void test_hits_are_forgotten_only_when_the_map_fills(void **state)
{
	const int cpus = libbpf_num_possible_cpus();
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	_cleanup_free_ struct smtpfence_hits *hits = NULL;
	_cleanup_free_ struct entry *items = NULL;
	_cleanup_close_ int fd = -1;
	struct fence_changes changes;
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	hits = calloc((size_t)cpus, sizeof(*hits));
	items = many(60);
	config = sandbox_config(NAMES "limits: {blocks: 100}\n");
	fence = open_fence(config);
	fd = open_map("block_hits");
	for (size_t i = 0; i < 50; i++)
		assert_int_equal(bpf_map_update_elem(fd, &items[i].prefix, hits, BPF_ANY), 0);
	assert_ok(sync_to(fence, items, 10, &changes, &error), &error);
	review_hits(fence);
	assert_int_equal(count_keys("block_hits"), 50);
	assert_int_equal(bpf_map_update_elem(fd, &items[50].prefix, hits, BPF_ANY), 0);
	review_hits(fence);
	assert_int_equal(count_keys("block_hits"), 10);
}

static void test_bpffs_is_mounted_where_it_is_missing(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL, *elsewhere = NULL;
	struct fence *none = NULL;
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES);
	elsewhere = sandbox_config(NAMES "bpffs: /tmp/smtpfence-not-there\n");
	assert_int_equal(mount("tmpfs", "/sys/fs/bpf", "tmpfs", 0, NULL), 0);
	open_and_die(config);
	assert_int_equal(access(BPFFS "/blocks", F_OK), 0);
	assert_int_equal(fence_open(elsewhere, &none, &error), -ENODEV);
	assert_non_null(strstr(error.text, "not on a bpf file system"));
	assert_int_not_equal(access("/tmp/smtpfence-not-there", F_OK), 0);
	assert_int_equal(umount2("/sys/fs/bpf", MNT_DETACH), 0);
	assert_int_equal(umount2("/sys/fs/bpf", MNT_DETACH), 0);
}

static void test_unload_leaves_nothing(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL, *larger = NULL;
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	config = sandbox_config(NAMES);
	larger = sandbox_config(NAMES "limits: {blocks: 300000}\n");
	open_and_die(config);
	open_and_die(larger);
	assert_ok(fence_unload(BPFFS, &error), &error);
	assert_int_not_equal(access(BPFFS, F_OK), 0);
	assert_ok(fence_unload(BPFFS, &error), &error);
}

#define sandboxed(test) cmocka_unit_test_setup_teardown(test, sandbox_setup, sandbox_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandboxed(test_open_pins_everything),
		sandboxed(test_sync_by_difference),
		sandboxed(test_sync_of_many),
		sandboxed(test_many_at_once),
		sandboxed(test_set_and_clear),
		sandboxed(test_some_at_once),
		sandboxed(test_some_at_once_into_a_full_map),
		sandboxed(test_block_waits_for_its_exception),
		sandboxed(test_exception_stays_while_its_block_does),
		sandboxed(test_every_change_is_a_new_generation),
		sandboxed(test_full_map_is_loud_and_keeps_what_is_in),
		sandboxed(test_no_block_without_its_exception),
		sandboxed(test_full_trie),
		sandboxed(test_configure),
		sandboxed(test_take_over_keeps_the_maps),
		sandboxed(test_other_limits_make_a_new_generation),
		sandboxed(test_other_schema_makes_a_new_generation),
		sandboxed(test_recovers_from_a_start_cut_short),
		sandboxed(test_some_of_a_map_at_a_time),
		sandboxed(test_review),
		sandboxed(test_look),
		sandboxed(test_hits_are_forgotten_only_when_the_map_fills),
		sandboxed(test_bpffs_is_mounted_where_it_is_missing),
		sandboxed(test_unload_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
