/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ledger over a real store and the real fence, on a bpffs and in a network of its own. */
#ifndef SMTPFENCE_TESTS_LEDGERED_H
#define SMTPFENCE_TESTS_LEDGERED_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/prefix.h"
#include "ledger/inspect.h"
#include "lib/bpffs.h"

/* Longer than any condition that is awaited here takes to come true. */
#define LEDGERED_PATIENCE_NS (20 * NSEC_PER_SEC)
#define LEDGERED_PATH_MAX    64
#define LEDGERED_WORDS_MAX   2048

struct ledgered {
	char bpffs[BPFFS_FOLDER_MAX];
	char folder[BPFFS_FOLDER_MAX]; /* of the store and the configuration */
	struct config *config;
	sd_event *event;
	struct store *store;
	struct fence *fence;
	struct ledger *ledger;
	struct error error;
};

static const struct ledger_actor ledgered_root = {.uid = 0};

#define assert_ok(f, expression)                                                                   \
	do {                                                                                       \
		int result_ = (expression);                                                        \
		if (result_ < 0)                                                                   \
			fail_msg("%s: %d: %s", #expression, result_, (f)->error.text);             \
	} while (0)

static inline struct smtpfence_prefix prefix_of(const char *text)
{
	struct smtpfence_prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

static inline const char *ledgered_path(const struct ledgered *f, const char *name,
					char path[LEDGERED_PATH_MAX])
{
	snprintf(path, LEDGERED_PATH_MAX, "%s/%s", f->folder, name);
	return path;
}

/* @policy and @rest are what follows `policy: {` and the whole of other keys. */
static inline void ledgered_configure(struct ledgered *f, const char *policy, const char *rest)
{
	char path[LEDGERED_PATH_MAX];
	FILE *file = fopen(ledgered_path(f, "config.yaml", path), "we");

	assert_non_null(file);
	fprintf(file,
		"interfaces: [{match: \"nothing*\", role: guest}]\n"
		"feeds:\n"
		"  - {name: scorer, kind: scores, type: ndjson, url: \"file:///scores\"}\n"
		"  - {name: edge, kind: list, type: list, url: \"file:///edge\"}\n"
		"  - {name: drop, kind: list, type: list, url: \"file:///drop\"}\n"
		"policy: {%s}\n"
		"bpffs: %s/fence\n"
		"%s\n",
		policy, f->bpffs, rest);
	fclose(file);
	config_free(f->config);
	f->config = NULL;
	assert_ok(f, config_load(path, &f->config, &f->error));
}

static inline void ledgered_open_store(struct ledgered *f)
{
	char path[LEDGERED_PATH_MAX];

	assert_ok(f, store_open(ledgered_path(f, "store.db", path), &f->store, &f->error));
}

static inline void ledgered_open(struct ledgered *f)
{
	if (!f->store)
		ledgered_open_store(f);
	assert_ok(f, fence_open(f->config, &f->fence, &f->error));
	assert_ok(f, ledger_open(f->event, f->config, f->store, f->fence, &f->ledger, &f->error));
}

static inline void ledgered_close(struct ledgered *f)
{
	ledger_free(STEAL(f->ledger));
	fence_free(STEAL(f->fence));
	store_free(STEAL(f->store));
}

/* As SIGHUP does it. */
static inline void ledgered_reload(struct ledgered *f, const char *policy, const char *rest)
{
	struct config *old = STEAL(f->config);

	ledgered_configure(f, policy, rest);
	assert_ok(f, fence_configure(f->fence, f->config, &f->error));
	assert_ok(f, ledger_reconfigure(f->ledger, f->config, &f->error));
	config_free(old);
}

/* The limits of the whole fixture: maps of this size are made quickly, and can be filled. */
#define LEDGERED_LIMITS "limits: {blocks: 16, prefixes: 16, sources: 16}"

static inline int ledgered_setup(void **state)
{
	struct ledgered *f = calloc(1, sizeof(*f));

	*state = f;
	if (!f || !bpffs_mount(f->bpffs, CLONE_NEWNET))
		return -1;
	strcpy(f->folder, "/tmp/ledger-XXXXXX");
	if (!mkdtemp(f->folder) || sd_event_new(&f->event) < 0)
		return -1;
	log_set_level(LOG_LEVEL_ERROR);
	ledgered_configure(f, "", LEDGERED_LIMITS);
	return 0;
}

static inline int ledgered_setup_open(void **state)
{
	if (ledgered_setup(state) < 0)
		return -1;
	ledgered_open(*state);
	return 0;
}

static inline int ledgered_teardown(void **state)
{
	static const char *const names[] = {"store.db", "store.db-wal", "store.db-shm",
					    "store.db.lock", "config.yaml"};
	struct ledgered *f = *state;
	char path[LEDGERED_PATH_MAX];

	ledgered_close(f);
	sd_event_unref(f->event);
	config_free(f->config);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlink(ledgered_path(f, names[i], path));
	rmdir(f->folder);
	bpffs_unmount(f->bpffs);
	free(f);
	return 0;
}

#define LEDGERED_TEST(name)                                                                        \
	cmocka_unit_test_setup_teardown(name, ledgered_setup_open, ledgered_teardown)

/* What the kernel holds for exactly that prefix; false: nothing. */
static inline bool kernel_entry(const struct ledgered *f, const char *text,
				struct smtpfence_block *ret)
{
	struct smtpfence_prefix prefix = prefix_of(text);
	bool exact = prefix_is_single(&prefix) || (!prefix_is_ipv4(&prefix) && prefix.length == 64);
	char path[LEDGERED_PATH_MAX];
	struct smtpfence_block block = {0};
	int fd, r;

	snprintf(path, sizeof(path), "%s/fence/%s", f->bpffs, exact ? "blocks" : "prefixes");
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	r = bpf_map_lookup_elem(fd, &prefix, &block);
	close(fd);
	if (ret)
		*ret = block;
	/* A trie answers with the longest match, which need not be the one that is meant. */
	return r == 0 && block.length == prefix.length;
}

static inline bool kernel_drops(const struct ledgered *f, const char *text)
{
	struct smtpfence_block block;

	return kernel_entry(f, text, &block) && block.action == SMTPFENCE_ACTION_DROP;
}

static inline bool kernel_allows(const struct ledgered *f, const char *text)
{
	struct smtpfence_block block;

	return kernel_entry(f, text, &block) && block.action == SMTPFENCE_ACTION_ALLOW;
}

static inline int open_hits(const struct ledgered *f)
{
	char path[LEDGERED_PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/fence/block_hits", f->bpffs);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	return fd;
}

/* As if the datapath had dropped a frame on the word of that entry, on every CPU. */
static inline void hit(const struct ledgered *f, const char *text)
{
	int fd = open_hits(f), cpus = libbpf_num_possible_cpus();
	struct smtpfence_hits *values = calloc((size_t)cpus, sizeof(*values));
	struct smtpfence_prefix prefix = prefix_of(text);

	for (int cpu = 0; cpu < cpus; cpu++)
		values[cpu] = (struct smtpfence_hits){1, 60, 1};
	assert_int_equal(bpf_map_update_elem(fd, &prefix, values, BPF_ANY), 0);
	free(values);
	close(fd);
}

static inline bool has_hits(const struct ledgered *f, const char *text)
{
	int fd = open_hits(f);
	struct smtpfence_hits *values = calloc((size_t)libbpf_num_possible_cpus(), sizeof(*values));
	struct smtpfence_prefix prefix = prefix_of(text);
	int r = bpf_map_lookup_elem(fd, &prefix, values);

	free(values);
	close(fd);
	return r == 0;
}

static inline struct sentence sentence_of(struct ledgered *f, const char *text)
{
	struct smtpfence_prefix prefix = prefix_of(text);
	struct sentence sentence = {0};

	assert_ok(f, store_get_sentence(f->store, &prefix, &sentence, &f->error));
	return sentence;
}

static inline enum sentence_state state_of(struct ledgered *f, const char *text)
{
	return sentence_of(f, text).state;
}

/* Runs the event loop until the source is in that state. */
static inline void await_state(struct ledgered *f, const char *text, enum sentence_state state)
{
	uint64_t end = clock_boot_ns() + LEDGERED_PATIENCE_NS;

	while (state_of(f, text) != state) {
		assert_true(clock_boot_ns() < end);
		assert_true(sd_event_run(f->event, 100000) >= 0);
	}
}

static inline int apply(struct ledgered *f, const char *feed, const struct feed_batch *batch)
{
	f->error.text[0] = '\0';
	return feed_apply(&ledger_target, config_find_feed(f->config, feed), batch, f->ledger,
			  &f->error);
}

static inline int apply_incidents(struct ledgered *f, uint64_t serial, struct incident *incidents,
				  size_t count)
{
	const struct feed_batch batch = {
		.kind = CONFIG_FEED_SCORES,
		.serial = serial,
		.incidents = incidents,
		.incident_count = count,
	};

	return apply(f, "scorer", &batch);
}

/* A snapshot with one incident, detected now. */
static inline int score(struct ledgered *f, uint64_t serial, const char *text, uint32_t points)
{
	struct incident incident = {
		.prefix = prefix_of(text), .score = points, .detected = clock_wall()};

	return apply_incidents(f, serial, &incident, 1);
}

static inline int apply_listings(struct ledgered *f, const char *feed, struct listing *listings,
				 size_t count)
{
	const struct feed_batch batch = {
		.kind = CONFIG_FEED_LIST, .listings = listings, .listing_count = count};

	return apply(f, feed, &batch);
}

/* Without an end. */
static inline int apply_list_of(struct ledgered *f, const char *feed,
				const struct smtpfence_prefix *prefixes, size_t count)
{
	struct listing *listings = calloc(count + 1, sizeof(*listings));
	int r;

	assert_non_null(listings);
	for (size_t i = 0; i < count; i++)
		listings[i].prefix = prefixes[i];
	r = apply_listings(f, feed, listings, count);
	free(listings);
	return r;
}

static inline int block(struct ledgered *f, const char *text, uint64_t time)
{
	const struct ledger_block_request request = {.prefix = prefix_of(text), .time = time};

	return ledger_block(f->ledger, &request, &ledgered_root, NULL, &f->error);
}

static inline int unblock(struct ledgered *f, const char *text, bool force)
{
	const struct ledger_unblock_request request = {.prefix = prefix_of(text), .force = force};

	return ledger_unblock(f->ledger, &request, &ledgered_root, NULL, &f->error);
}

static inline int allow(struct ledgered *f, const char *text)
{
	const struct smtpfence_prefix prefix = prefix_of(text);

	return ledger_allow_add(f->ledger, &prefix, "a relay", &ledgered_root, &f->error);
}

static inline int disallow(struct ledgered *f, const char *text)
{
	const struct smtpfence_prefix prefix = prefix_of(text);

	return ledger_allow_remove(f->ledger, &prefix, &ledgered_root, &f->error);
}

/* All its steps. */
static inline int audit(struct ledgered *f)
{
	int r;

	while ((r = inspect_step(f->ledger, &f->error)) > 0)
		;
	return r;
}

static inline void add_word(char words[LEDGERED_WORDS_MAX], const char *word)
{
	size_t used = strlen(words);

	snprintf(words + used, LEDGERED_WORDS_MAX - used, "%s%s", used ? " " : "", word);
}

static inline int add_event(const struct audit *audit, void *userdata)
{
	add_word(userdata, audit->event);
	return 0;
}

/* All events since the store was made. */
static inline void assert_events(struct ledgered *f, const char *expected)
{
	char words[LEDGERED_WORDS_MAX] = "";

	assert_ok(f, store_each_audit(f->store, 0, 0, add_event, words, &f->error));
	assert_string_equal(words, expected);
}

#endif
