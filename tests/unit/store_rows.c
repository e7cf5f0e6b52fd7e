/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is kept beside the sentences: evidence, lists, allowlist, cursors, audit trail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>

#include "lib/stored.h"

static int add_message(const struct evidence *evidence, const char *source, void *userdata)
{
	assert_string_equal(source, "scorer");
	add_word(userdata, evidence->message_id ? evidence->message_id : "-");
	return 0;
}

static void test_evidence_once(void **state)
{
	struct store *store = ((struct stored *)*state)->store;
	struct smtpfence_prefix prefix = prefix_of("192.0.2.1"), other = prefix_of("192.0.2.2");
	struct evidence pieces[] = {
		{.date = 100, .destination = prefix_of("198.51.100.1"), .message_id = "a@b"},
		{.date = 200, .destination = prefix_of("198.51.100.1"), .message_id = "c@d"},
		{.date = 300, .message_id = NULL},
	};
	struct words words = {""}, newest = {""};

	assert_int_equal(store_add_evidence(store, &prefix, "scorer", pieces, 2, NULL), 2);
	assert_int_equal(store_add_evidence(store, &prefix, "scorer", pieces, 3, NULL), 1);
	assert_int_equal(store_add_evidence(store, &other, "scorer", pieces, 1, NULL), 1);
	assert_int_equal(store_each_evidence(store, &prefix, 0, add_message, &words, NULL), 0);
	assert_string_equal(words.text, "- c@d a@b");
	assert_int_equal(store_each_evidence(store, &prefix, 2, add_message, &newest, NULL), 0);
	assert_string_equal(newest.text, "- c@d");
}

static int count_piece(const struct evidence *evidence, const char *source, void *userdata)
{
	(void)evidence;
	(void)source;
	++*(size_t *)userdata;
	return 0;
}

static void test_evidence_is_bounded(void **state)
{
	struct store *store = ((struct stored *)*state)->store;
	struct smtpfence_prefix prefix = prefix_of("192.0.2.1");
	size_t count = 0;

	assert_int_equal(store_begin(store, NULL), 0);
	for (int64_t date = 0; date < EVIDENCE_MAX + 50; date++) {
		struct evidence piece = {.date = date};

		assert_int_equal(store_add_evidence(store, &prefix, "scorer", &piece, 1, NULL), 1);
	}
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(store_each_evidence(store, &prefix, 0, count_piece, &count, NULL), 0);
	assert_int_equal(count, EVIDENCE_MAX);
}

static int add_listing(const struct listing *listing, const char *feed, void *userdata)
{
	char text[PREFIX_TEXT_MAX], word[PREFIX_TEXT_MAX + SENTENCE_SOURCE_MAX + 24], end[24] = "";

	if (listing->until)
		snprintf(end, sizeof(end), "@%lld", (long long)listing->until);
	snprintf(word, sizeof(word), "%s%s=%s", prefix_format_short(&listing->prefix, text), end,
		 feed);
	add_word(userdata, word);
	return 0;
}

static void assert_listings(struct store *store, const char *in, const char *expected)
{
	struct smtpfence_prefix prefix = in ? prefix_of(in) : (struct smtpfence_prefix){0};
	struct words words = {""};

	assert_int_equal(
		store_each_listing(store, in ? &prefix : NULL, NULL, add_listing, &words, NULL), 0);
	assert_string_equal(words.text, expected);
}

/* Takes the reading over; in @expected are the numbers added, removed and before. */
static void take(struct store *store, const char *feed, const struct list_reading *reading,
		 const char *expected)
{
	_cleanup_(list_change_clear) struct list_change change = {0};
	char text[64];

	assert_int_equal(store_compare_list(store, feed, reading, &change, NULL), 0);
	snprintf(text, sizeof(text), "+%zu -%zu of %zu", change.added, change.removed,
		 change.before);
	assert_string_equal(text, expected);
	assert_int_equal(store_change_list(store, feed, &change, NULL), 0);
}

#define NAMED(items)   .named = (items), .named_count = ARRAY_SIZE(items)
#define REMOVED(items) .removed = (items), .removed_count = ARRAY_SIZE(items)

static void test_lists_by_difference(void **state)
{
	struct store *store = ((struct stored *)*state)->store;
	const struct listing first[] = {{prefix_of("192.0.2.1"), 0},
					{prefix_of("192.0.2.3"), 0},
					{prefix_of("198.51.100.0/24"), 0}};
	const struct listing second[] = {{prefix_of("192.0.2.0/24"), 0},
					 {prefix_of("192.0.2.3"), 0},
					 {prefix_of("203.0.113.1"), 0},
					 {prefix_of("2001:db8::/32"), 0}};
	struct list_reading reading = {NAMED(first)};

	take(store, "drop", &reading, "+3 -0 of 0");
	reading.named_count = 1;
	take(store, "edge", &reading, "+1 -0 of 0");
	assert_listings(store, NULL,
			"192.0.2.1=drop 192.0.2.1=edge 192.0.2.3=drop 198.51.100.0/24=drop");

	reading = (struct list_reading){NAMED(second)};
	take(store, "drop", &reading, "+3 -2 of 3");
	assert_listings(store, NULL,
			"192.0.2.0/24=drop 192.0.2.1=edge 192.0.2.3=drop 203.0.113.1=drop "
			"2001:db8::/32=drop");
	assert_listings(store, "192.0.2.0/24", "192.0.2.0/24=drop 192.0.2.1=edge 192.0.2.3=drop");

	take(store, "drop", &reading, "+0 -0 of 4");
	reading.named_count = 0;
	take(store, "drop", &reading, "+0 -4 of 4");
	assert_listings(store, NULL, "192.0.2.1=edge");
}

static void test_list_delta(void **state)
{
	struct store *store = ((struct stored *)*state)->store;
	const struct listing first[] = {{prefix_of("192.0.2.1"), 0}, {prefix_of("192.0.2.3"), 50}};
	const struct listing named[] = {{prefix_of("192.0.2.0"), 0}, {prefix_of("192.0.2.3"), 90}};
	const struct smtpfence_prefix removed[] = {prefix_of("192.0.2.1"), prefix_of("192.0.2.2")};
	struct list_reading reading = {NAMED(first)};

	take(store, "edge", &reading, "+2 -0 of 0");
	reading = (struct list_reading){NAMED(named), REMOVED(removed), .delta = true};
	take(store, "edge", &reading, "+1 -1 of 2");
	assert_listings(store, NULL, "192.0.2.0=edge 192.0.2.3@90=edge");
	take(store, "edge", &reading, "+0 -0 of 2");
}

static void test_listings_linger(void **state)
{
	struct store *store = ((struct stored *)*state)->store;
	const struct listing first[] = {{prefix_of("192.0.2.1"), 0}, {prefix_of("192.0.2.3"), 0}};
	struct list_reading reading = {NAMED(first)};

	take(store, "edge", &reading, "+2 -0 of 0");
	reading.lingers = true;
	reading.until = 100;
	reading.named_count = 1;
	take(store, "edge", &reading, "+0 -1 of 2"); /* what had no end has nothing to wait for */
	assert_listings(store, NULL, "192.0.2.1@100=edge");
	reading.named_count = 2;
	take(store, "edge", &reading, "+1 -0 of 1");
	reading.until = 110;
	reading.now = 10;
	reading.named_count = 1;
	take(store, "edge", &reading, "+0 -0 of 2");
	assert_listings(store, NULL, "192.0.2.1@110=edge 192.0.2.3@100=edge");
	reading.until = 200;
	reading.now = 100;
	take(store, "edge", &reading, "+0 -1 of 2");
	assert_listings(store, NULL, "192.0.2.1@200=edge");
}

static int is_listed(struct store *store, const struct smtpfence_prefix *prefix, int64_t now)
{
	_cleanup_(store_finder_freep) struct store_finder *finder = NULL;

	assert_int_equal(store_finder_new(store, &finder, NULL), 0);
	return store_is_listed(finder, prefix, now, NULL);
}

static void test_listings_end(void **state)
{
	struct store *store = ((struct stored *)*state)->store;
	const struct listing listings[] = {{prefix_of("192.0.2.1"), 30},
					   {prefix_of("192.0.2.2"), 10},
					   {prefix_of("192.0.2.3"), 20},
					   {prefix_of("192.0.2.4"), 0}};
	const struct list_reading reading = {NAMED(listings), .now = 5};
	struct list_change change;
	char feed[SENTENCE_SOURCE_MAX];
	int64_t next;

	take(store, "edge", &reading, "+4 -0 of 0");
	assert_int_equal(store_next_listing_end(store, &next, NULL), 0);
	assert_int_equal(next, 10);
	assert_int_equal(is_listed(store, &listings[2].prefix, 19), 1);
	assert_int_equal(is_listed(store, &listings[2].prefix, 20), 0);
	assert_int_equal(store_find_ended(store, 20, 5, feed, &change, NULL), 0);
	assert_string_equal(feed, "edge");
	assert_int_equal(change.removed, 2);
	assert_int_equal(store_change_list(store, feed, &change, NULL), 0);
	list_change_clear(&change);
	assert_listings(store, NULL, "192.0.2.1@30=edge 192.0.2.4=edge");
	assert_int_equal(store_find_ended(store, 20, 5, feed, &change, NULL), 0);
	assert_int_equal(change.count, 0);
}

static void test_lists_of_lost_feeds_go(void **state)
{
	struct store *store = ((struct stored *)*state)->store;
	const struct listing listing[] = {{prefix_of("192.0.2.1"), 0}};
	const struct list_reading reading = {NAMED(listing)};
	static const char *const feeds[] = {"a", "b", "c"};
	static const char *const kept[] = {"b", "z"};

	for (size_t i = 0; i < ARRAY_SIZE(feeds); i++)
		take(store, feeds[i], &reading, "+1 -0 of 0");
	assert_int_equal(store_keep_lists(store, kept, 2, NULL), 2);
	assert_listings(store, NULL, "192.0.2.1=b");
	assert_int_equal(store_keep_lists(store, kept, 2, NULL), 0);
	assert_int_equal(store_keep_lists(store, NULL, 0, NULL), 1);
	assert_listings(store, NULL, "");
}

static int add_allow(const struct smtpfence_prefix *prefix, int64_t added, const char *reason,
		     void *userdata)
{
	char text[PREFIX_TEXT_MAX];

	assert_in_range(added, clock_wall() - 10, clock_wall());
	add_word(userdata, prefix_format(prefix, text));
	add_word(userdata, reason);
	return 0;
}

static void test_allowlist(void **state)
{
	struct store *store = ((struct stored *)*state)->store;
	struct smtpfence_prefix one = prefix_of("192.0.2.1"), net = prefix_of("192.0.2.0/24");
	struct words words = {""};
	struct error error;

	assert_int_equal(store_allow_add(store, &one, "relay", NULL), 0);
	assert_int_equal(store_allow_add(store, &net, NULL, NULL), 0);
	assert_int_equal(store_allow_add(store, &one, "again", &error), -EEXIST);
	assert_string_equal(error.text, "192.0.2.1/32 is on the allowlist already");
	assert_int_equal(store_each_allow(store, add_allow, &words, NULL), 0);
	assert_string_equal(words.text, "192.0.2.0/24  192.0.2.1/32 relay");
	assert_int_equal(store_allow_remove(store, &one, NULL), 0);
	assert_int_equal(store_allow_remove(store, &one, &error), -ENOENT);
	assert_string_equal(error.text, "192.0.2.1/32 is not on the allowlist");
}

static void test_cursors_and_settings(void **state)
{
	struct stored *f = *state;
	struct feed_cursor in = {.epoch = 1ULL << 62,
				 .serial = 1ULL << 53,
				 .generated = 5,
				 .applied = 6,
				 .records = 7};
	struct feed_cursor out;
	char value[8];

	assert_int_equal(store_get_cursor(f->store, "scorer", &out, NULL), -ENOENT);
	assert_int_equal(store_put_cursor(f->store, "scorer", &in, NULL), 0);
	assert_int_equal(store_get_setting(f->store, "mode", value, sizeof(value), NULL), 0);
	assert_string_equal(value, "");
	assert_int_equal(store_put_setting(f->store, "mode", "monitoring", NULL), 0);
	stored_reopen(f);
	assert_int_equal(store_get_cursor(f->store, "scorer", &out, NULL), 0);
	assert_memory_equal(&in, &out, sizeof(in));
	assert_int_equal(store_get_setting(f->store, "mode", value, sizeof(value), NULL), 0);
	assert_string_equal(value, "monitor");
}

static int add_event(const struct audit *audit, void *userdata)
{
	char text[PREFIX_TEXT_MAX];

	add_word(userdata, audit->event);
	if (audit->has_prefix)
		add_word(userdata, prefix_format(&audit->prefix, text));
	return 0;
}

static int keep_audit(const struct audit *audit, void *userdata)
{
	*(struct audit *)userdata = *audit;
	return 0;
}

static void test_audit_trail(void **state)
{
	struct store *store = ((struct stored *)*state)->store;
	struct audit audit = {
		.ts = 12,
		.event = "blocked",
		.has_prefix = true,
		.prefix = prefix_of("192.0.2.1"),
		.state = "blockedForSpam",
		.time = 3600,
		.source = "scorer",
		.reason = "vade",
		.interface = "tap0",
	};
	struct audit out = {0};
	struct words last = {""}, after = {""};

	assert_int_equal(store_add_audit(store, &audit, NULL), 0);
	assert_int_equal(store_each_audit(store, 0, 1, keep_audit, &out, NULL), 0);
	assert_true(out.id > 0);
	assert_int_equal(out.ts, audit.ts);
	assert_string_equal(out.event, audit.event);
	assert_true(out.has_prefix);
	assert_memory_equal(&out.prefix, &audit.prefix, sizeof(audit.prefix));
	assert_string_equal(out.state, audit.state);
	assert_int_equal(out.time, audit.time);
	assert_string_equal(out.source, audit.source);
	assert_string_equal(out.reason, audit.reason);
	assert_string_equal(out.interface, audit.interface);

	audit.has_prefix = false;
	strcpy(audit.event, "mode");
	assert_int_equal(store_add_audit(store, &audit, NULL), 0);
	strcpy(audit.event, "reload");
	assert_int_equal(store_add_audit(store, &audit, NULL), 0);
	assert_int_equal(store_each_audit(store, -1, 2, add_event, &last, NULL), 0);
	assert_string_equal(last.text, "mode reload");
	assert_int_equal(store_each_audit(store, out.id, 1, add_event, &after, NULL), 0);
	assert_string_equal(after.text, "mode");
}

/* The counter stands just before a pruning, with one row that is too old and one that is not. */
static void test_audit_of_one_prefix(void **state)
{
	struct store *store = ((struct stored *)*state)->store;
	const struct smtpfence_prefix one = prefix_of("192.0.2.1"),
				      wider = prefix_of("192.0.2.0/24");
	struct audit audit = {.has_prefix = true, .prefix = one};
	static const char *const events[] = {"blocked", "unblocking", "unblocked"};
	struct words all = {""}, last = {""};

	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		snprintf(audit.event, sizeof(audit.event), "%s", events[i]);
		audit.prefix = one;
		assert_int_equal(store_add_audit(store, &audit, NULL), 0);
		audit.prefix = wider;
		assert_int_equal(store_add_audit(store, &audit, NULL), 0);
	}
	assert_int_equal(store_each_audit_of(store, &one, 0, add_event, &all, NULL), 0);
	assert_string_equal(all.text, "blocked 192.0.2.1/32 unblocking 192.0.2.1/32 "
				      "unblocked 192.0.2.1/32");
	assert_int_equal(store_each_audit_of(store, &one, 2, add_event, &last, NULL), 0);
	assert_string_equal(last.text, "unblocking 192.0.2.1/32 unblocked 192.0.2.1/32");
}

static void test_audit_is_bounded(void **state)
{
	struct stored *f = *state;
	struct audit audit = {.event = "new"};
	struct words words = {""};

	stored_run_sql(f,
		       "INSERT INTO audit VALUES (1000000, 0, 'old', NULL, '', 0, '', '', '');"
		       "INSERT INTO audit VALUES (1000001, 0, 'kept', NULL, '', 0, '', '', '');"
		       "INSERT INTO audit VALUES (1999999, 0, 'late', NULL, '', 0, '', '', '');");
	f->store = stored_open(f);
	assert_int_equal(store_add_audit(f->store, &audit, NULL), 0);
	assert_int_equal(store_each_audit(f->store, 0, 0, add_event, &words, NULL), 0);
	assert_string_equal(words.text, "kept late new");
}

static void test_text_is_cut_between_characters(void **state)
{
	char field[6];

	(void)state;
	store_cut_text(field, sizeof(field), NULL);
	assert_string_equal(field, "");
	store_cut_text(field, sizeof(field), "abcde");
	assert_string_equal(field, "abcde");
	store_cut_text(field, sizeof(field), "abcdef");
	assert_string_equal(field, "abcde");
	store_cut_text(field, sizeof(field), "abc\u00e4ef");
	assert_string_equal(field, "abc\u00e4");
	store_cut_text(field, sizeof(field), "abcd\u00e4e");
	assert_string_equal(field, "abcd");
	store_cut_text(field, sizeof(field), "abc\u20ac");
	assert_string_equal(field, "abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORED_TEST(test_evidence_once),
		STORED_TEST(test_evidence_is_bounded),
		STORED_TEST(test_lists_by_difference),
		STORED_TEST(test_list_delta),
		STORED_TEST(test_listings_linger),
		STORED_TEST(test_listings_end),
		STORED_TEST(test_lists_of_lost_feeds_go),
		STORED_TEST(test_allowlist),
		STORED_TEST(test_cursors_and_settings),
		STORED_TEST(test_audit_trail),
		STORED_TEST(test_audit_of_one_prefix),
		STORED_TEST(test_audit_is_bounded),
		cmocka_unit_test(test_text_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
