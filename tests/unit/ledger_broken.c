/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of each format a feed that was cut at any byte, and a thousand that were changed in other ways:
 * the kernel's maps stay exactly as they were, or become exactly what the whole of the feed says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>

#include "feed/decision_table.h"
#include "feed/nats_value.h"
#include "lib/ledgered.h"

#define MUTATIONS 1000
#define TEXT_MAX  8192
#define SETS_MAX  32

static const char scores[] =
	"{\"type\":\"snapshot\",\"version\":1,\"serial\":42,\"records\":5}\n"
	"{\"ip\":\"192.0.2.1\",\"score\":0}\n"
	"{\"ip\":\"192.0.2.3\",\"score\":300,\"detected\":\"2026-11-21T20:58:31Z\","
	"\"reason\":\"vade\",\"evidence\":[{\"date\":1385640992,"
	"\"destinationIp\":\"188.95.235.33\",\"messageId\":\"a@b\",\"spamscore\":300}]}\n"
	"{\"ip\":\"2001:db8:1:2::/64\",\"score\":999,\"detected\":\"2026-11-21T20:58:31Z\"}\n"
	"{\"ip\":\"198.51.100.0/24\",\"score\":300,\"detected\":\"2026-11-21T20:58:31+01:00\"}\n"
	"{\"ip\":\"192.0.2.4\",\"score\":299,\"detected\":\"2026-11-21T20:58:31Z\"}\n"
	"{\"type\":\"end\",\"serial\":42,\"records\":5}\n";

static const char list[] = "# a list\n192.0.2.1\n192.0.2.30 ; one\n198.51.100.0/25\n"
			   "2001:db8:1:2::/64\n2001:db8::1\n203.0.113.128/26\n";

static const char drop[] =
	"{\"cidr\":\"198.51.100.0/24\",\"sblid\":\"SBL1\",\"rir\":\"apnic\"}\n"
	"{\"cidr\":\"203.0.113.128/26\",\"sblid\":\"SBL2\",\"rir\":\"ripencc\"}\n"
	"{\"cidr\":\"2001:db8::/48\",\"sblid\":\"SBL3\",\"rir\":\"arin\"}\n"
	"{\"type\":\"metadata\",\"timestamp\":1763755200,\"size\":3,\"records\":3}\n";

static const char answer[] =
	"{\"deleted\":[{\"duration\":\"-5m3.2s\",\"id\":7,\"origin\":\"cscli\",\"scenario\":\"x\","
	"\"scope\":\"Ip\",\"type\":\"ban\",\"value\":\"192.0.2.30\"}],"
	"\"new\":[{\"duration\":\"3h59m12.5s\",\"id\":1,\"scope\":\"Ip\",\"type\":\"ban\","
	"\"scenario\":\"manual 'ban'\",\"uuid\":\"a-b\",\"value\":\"192.0.2.40\"},"
	"{\"duration\":\"4h\",\"scope\":\"Range\",\"type\":\"ban\",\"value\":\"2001:db8:7::/"
	"48\"}]}\n";

static const char value[] =
	"{\"ip\":\"192.0.2.3\",\"score\":300,\"detected\":\"2026-11-21T20:58:31Z\","
	"\"reason\":\"vade\",\"evidence\":[{\"date\":1385640992,"
	"\"destinationIp\":\"188.95.235.33\",\"messageId\":\"a@b\",\"spamscore\":300}]}";

/* The entries of both maps, in no order. */
struct set {
	struct {
		struct smtpfence_prefix key;
		struct smtpfence_block block;
	} items[SETS_MAX];
	size_t count;
};

static void add_map(const struct ledgered *f, const char *name, struct set *set)
{
	struct smtpfence_prefix *last = NULL;
	char path[LEDGERED_PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/fence/%s", f->bpffs, name);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	while (bpf_map_get_next_key(fd, last, &set->items[set->count].key) == 0) {
		last = &set->items[set->count].key;
		assert_int_equal(bpf_map_lookup_elem(fd, last, &set->items[set->count].block), 0);
		assert_true(++set->count < SETS_MAX);
	}
	close(fd);
}

static struct set read_maps(const struct ledgered *f)
{
	struct set set = {0};

	add_map(f, "blocks", &set);
	add_map(f, "prefixes", &set);
	return set;
}

static bool holds(const struct set *set, const struct smtpfence_prefix *prefix)
{
	for (size_t i = 0; i < set->count; i++)
		if (prefix_compare(&set->items[i].key, prefix) == 0)
			return true;
	return false;
}

static void put(struct set *set, const struct smtpfence_prefix *prefix)
{
	if (!holds(set, prefix))
		set->items[set->count++].key = *prefix;
}

static void take(struct set *set, const struct smtpfence_prefix *prefix)
{
	for (size_t i = 0; i < set->count; i++)
		if (prefix_compare(&set->items[i].key, prefix) == 0)
			set->items[i--] = set->items[--set->count];
}

/* A store that has only just begun, with what was in force before the feed. */
static void begin_anew(struct ledgered *f)
{
	struct incident before[] = {
		{.prefix = prefix_of("192.0.2.1"), .score = 300, .detected = 1000},
		{.prefix = prefix_of("192.0.2.2"), .score = 300, .detected = 1000},
	};
	struct smtpfence_prefix listed[] = {prefix_of("192.0.2.30"), prefix_of("192.0.2.31")};
	static const char *const files[] = {"store.db", "store.db-wal", "store.db-shm"};
	char path[LEDGERED_PATH_MAX];

	ledger_free(STEAL(f->ledger));
	store_free(STEAL(f->store));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(ledgered_path(f, files[i], path));
	ledgered_open_store(f);
	assert_ok(f, ledger_open(f->event, f->config, f->store, f->fence, &f->ledger, &f->error));
	assert_ok(f, apply_incidents(f, 41, before, ARRAY_SIZE(before)));
	assert_ok(f, apply_list_of(f, "edge", listed, ARRAY_SIZE(listed)));
}

/* What the maps hold once all that the batch says is in force. */
static struct set expect(const struct set *before, const struct feed_batch *batch)
{
	struct smtpfence_prefix listed[] = {prefix_of("192.0.2.30"), prefix_of("192.0.2.31")};
	struct set set = *before;

	for (size_t i = 0; i < batch->incident_count; i++) {
		struct smtpfence_prefix unit = batch->incidents[i].prefix;

		if (!prefix_is_ipv4(&unit))
			prefix_cut(&unit, 64);
		if (batch->incidents[i].score >= 300)
			put(&set, &unit);
		else if (batch->incidents[i].score == 0)
			take(&set, &unit);
	}
	if (batch->kind == CONFIG_FEED_LIST && !batch->delta)
		for (size_t i = 0; i < ARRAY_SIZE(listed); i++)
			take(&set, &listed[i]);
	for (size_t i = 0; i < batch->removed_count; i++)
		take(&set, &batch->removed[i]);
	for (size_t i = 0; i < batch->listing_count; i++)
		put(&set, &batch->listings[i].prefix);
	return set;
}

static void assert_same(const struct set *expected, const struct set *found, const char *text)
{
	char prefix[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < expected->count; i++)
		if (!holds(found, &expected->items[i].key))
			fail_msg("%s is missing after: %s",
				 prefix_format(&expected->items[i].key, prefix), text);
	if (found->count != expected->count)
		fail_msg("%zu entries, not %zu after: %s", found->count, expected->count, text);
}

/* From the bytes to a batch, as the feed's reader does it. */
static int parse_scores(FILE *stream, struct feed_batch **ret, struct error *error)
{
	return feed_format_ndjson.parse(stream, "F", ret, error);
}

static int parse_list(FILE *stream, struct feed_batch **ret, struct error *error)
{
	return feed_format_list.parse(stream, "F", ret, error);
}

static int parse_drop(FILE *stream, struct feed_batch **ret, struct error *error)
{
	return feed_format_drop.parse(stream, "F", ret, error);
}

static int add_answer(FILE *stream, bool whole, struct feed_batch **ret, struct error *error)
{
	static const char *const types[] = {"ban"};
	static const struct decision_filter filter = {
		.scopes = DECISION_IP | DECISION_RANGE, .types = types, .type_count = 1};
	struct decision known[] = {{.prefix = prefix_of("192.0.2.30"), .until = INT64_MAX},
				   {.prefix = prefix_of("192.0.2.31"), .until = INT64_MAX}};
	const struct decision_table before = {known, ARRAY_SIZE(known)};
	_cleanup_(decisions_freep) struct decisions *decisions = NULL;
	_cleanup_(decision_table_clear) struct decision_table after = {0};
	int r = decisions_read(stream, "F", &filter, clock_wall(), &decisions, error);

	return r < 0 ? r : decision_table_add(&before, decisions, whole, &after, ret, error);
}

static int parse_decisions(FILE *stream, struct feed_batch **ret, struct error *error)
{
	return add_answer(stream, true, ret, error);
}

static int parse_changes(FILE *stream, struct feed_batch **ret, struct error *error)
{
	return add_answer(stream, false, ret, error);
}

static int parse_value(FILE *stream, struct feed_batch **ret, struct error *error)
{
	struct incident *incident = calloc(1, sizeof(*incident));
	struct feed_batch *batch = calloc(1, sizeof(*batch));
	char bytes[TEXT_MAX];
	size_t size = fread(bytes, 1, sizeof(bytes), stream);
	int r;

	assert_non_null(incident);
	assert_non_null(batch);
	*batch = (struct feed_batch){
		.kind = CONFIG_FEED_SCORES, .serial = 42, .incidents = incident};
	r = nats_value_parse("ip4.c0000203-32", bytes, size, &batch->texts, incident, error);
	batch->incident_count = r >= 0;
	*ret = batch;
	return r;
}

struct trial {
	struct ledgered *f;
	int (*parse)(FILE *stream, struct feed_batch **ret, struct error *error);
	const char *feed;
	const char *text;
	size_t taken, refused;
};

/* The file as it came, all the way from its bytes to the kernel. */
static void attempt(struct trial *trial, const char *text, size_t size)
{
	_cleanup_fclose_ FILE *stream =
		size ? fmemopen((char *)text, size, "r") : fopen("/dev/null", "re");
	_cleanup_(feed_batch_freep) struct feed_batch *batch = NULL;
	struct ledgered *f = trial->f;
	struct set before = read_maps(f), after, expected;
	int r = trial->parse(stream, &batch, &f->error);

	if (r >= 0)
		r = apply(f, trial->feed, batch);
	after = read_maps(f);
	if (r < 0) {
		trial->refused++;
		assert_memory_equal(&before, &after, sizeof(before));
		return;
	}
	trial->taken++;
	expected = expect(&before, batch);
	assert_same(&expected, &after, text);
	begin_anew(f);
}

static void cut_everywhere(struct trial *trial)
{
	char copy[TEXT_MAX];

	begin_anew(trial->f);
	for (size_t size = 0; size <= strlen(trial->text); size++) {
		memcpy(copy, trial->text, size);
		copy[size] = '\0';
		attempt(trial, copy, size);
	}
}

static uint32_t roll(uint32_t *dice, size_t sides)
{
	*dice ^= *dice << 13;
	*dice ^= *dice >> 17;
	*dice ^= *dice << 5;
	return *dice % (uint32_t)sides;
}

/* Changes @text in one to three places. Returns its new size. */
static size_t mutate(char *text, size_t size, uint32_t *dice)
{
	static const char bytes[] = "0123456789.:/\"{}[],-\n\\ axT#;\0\xff";

	for (uint32_t left = 1 + roll(dice, 3); left > 0 && size > 1; left--) {
		size_t at = roll(dice, size), length = 1 + roll(dice, size - at);

		switch (roll(dice, 4)) {
		case 0:
			text[at] = bytes[roll(dice, sizeof(bytes) - 1)];
			break;
		case 1:
			memmove(text + at, text + at + length, size - at - length);
			size -= length;
			break;
		case 2:
			memmove(text + at + length, text + at, size - at);
			size += length;
			break;
		default:
			text[at] ^= (char)(1 << roll(dice, 8));
		}
	}
	text[size] = '\0';
	return size;
}

static void mutate_often(struct trial *trial)
{
	uint32_t dice = 2463534242;
	char copy[TEXT_MAX];

	begin_anew(trial->f);
	for (unsigned int i = 0; i < MUTATIONS; i++) {
		snprintf(copy, sizeof(copy), "%s", trial->text);
		attempt(trial, copy, mutate(copy, strlen(trial->text), &dice));
	}
	assert_true(trial->taken > 0 && trial->refused > MUTATIONS / 10);
}

/* It has an end: nothing but the whole is taken, with or without the last newline. */
static void test_scores_cut(void **state)
{
	struct trial trial = {*state, parse_scores, "scorer", scores, 0, 0};

	cut_everywhere(&trial);
	assert_int_equal(trial.taken, 2);
}

static void test_drop_cut(void **state)
{
	struct trial trial = {*state, parse_drop, "edge", drop, 0, 0};

	cut_everywhere(&trial);
	assert_int_equal(trial.taken, 2);
}

static void test_decisions_cut(void **state)
{
	struct trial trial = {*state, parse_decisions, "edge", answer, 0, 0};

	cut_everywhere(&trial);
	assert_int_equal(trial.taken, 2);
}

static void test_changes_cut(void **state)
{
	struct trial trial = {*state, parse_changes, "edge", answer, 0, 0};

	cut_everywhere(&trial);
	assert_int_equal(trial.taken, 2);
}

static void test_value_cut(void **state)
{
	struct trial trial = {*state, parse_value, "scorer", value, 0, 0};

	cut_everywhere(&trial);
	assert_int_equal(trial.taken, 1);
}

/* It has no end: what is left of it is a list, or is refused. */
static void test_list_cut(void **state)
{
	struct trial trial = {*state, parse_list, "edge", list, 0, 0};

	cut_everywhere(&trial);
	assert_true(trial.refused > 50);
}

static void test_scores_mutated(void **state)
{
	mutate_often(&(struct trial){*state, parse_scores, "scorer", scores, 0, 0});
}

static void test_list_mutated(void **state)
{
	mutate_often(&(struct trial){*state, parse_list, "edge", list, 0, 0});
}

static void test_drop_mutated(void **state)
{
	mutate_often(&(struct trial){*state, parse_drop, "edge", drop, 0, 0});
}

static void test_decisions_mutated(void **state)
{
	mutate_often(&(struct trial){*state, parse_decisions, "edge", answer, 0, 0});
}

static void test_changes_mutated(void **state)
{
	mutate_often(&(struct trial){*state, parse_changes, "edge", answer, 0, 0});
}

static void test_value_mutated(void **state)
{
	mutate_often(&(struct trial){*state, parse_value, "scorer", value, 0, 0});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LEDGERED_TEST(test_scores_cut),	     LEDGERED_TEST(test_drop_cut),
		LEDGERED_TEST(test_decisions_cut),   LEDGERED_TEST(test_changes_cut),
		LEDGERED_TEST(test_value_cut),	     LEDGERED_TEST(test_list_cut),
		LEDGERED_TEST(test_scores_mutated),  LEDGERED_TEST(test_list_mutated),
		LEDGERED_TEST(test_drop_mutated),    LEDGERED_TEST(test_decisions_mutated),
		LEDGERED_TEST(test_changes_mutated), LEDGERED_TEST(test_value_mutated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
