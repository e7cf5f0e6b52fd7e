/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Following a bucket of a real nats-server, through all that was learned about it by trial. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/nats_server.h"
#include "nats/bucket.h"

#define RUN_USEC     50000
#define BUCKET	     "SMTP"
#define STREAM	     "KV_SMTP"
#define SUBJECT(key) "$KV.SMTP." key
#define QUIET_NS     (5 * NSEC_PER_SEC) /* more than the library takes to make a consumer anew */
#define MANY	     30000 /* more than libnats and the queue would hold by themselves */
#define QUEUED	     4096  /* as many as are on their way to the event loop */
#define SWEEPS	     20
#define LEAF_URL     "nats://127.0.0.1:4230"
#define ENTRIES_KEPT 64
#define KEY_KEPT     32
#define HISTORY	     5

static const char server_conf[] = "listen: 127.0.0.1:4222\n"
				  "jetstream: {store_dir: store, domain: hub}\n"
				  "leafnodes: {listen: 127.0.0.1:7422}\n";
static const char leaf_conf[] =
	"listen: 127.0.0.1:4230\n"
	"leafnodes: {remotes: [{url: \"nats://127.0.0.1:7422\"}], reconnect: 1}\n";

static struct nats_server server = {.name = "server", .port = 4222};
static struct nats_server leaf = {.name = "leaf", .port = 4230};

/* What came out of a bucket. */
struct fixture {
	sd_event *event;
	struct bucket *bucket;
	struct nats_client client;
	unsigned int begins, wholes, ends, lost, values, deleted;
	uint64_t last; /* sequence */
	bool disordered;
	struct bucket_place place; /* of the last END or value */
	char keys[ENTRIES_KEPT][KEY_KEPT];
	char error[ERROR_TEXT_MAX];
};

static void note_value(struct fixture *f, const struct bucket_entry *entry)
{
	if (f->values < ENTRIES_KEPT)
		snprintf(f->keys[f->values], KEY_KEPT, "%s=%.*s", entry->key, (int)entry->length,
			 entry->value);
	f->values++;
}

static void note(struct fixture *f, const struct bucket_entry *entry)
{
	switch (entry->type) {
	case BUCKET_BEGIN:
		f->begins++;
		f->wholes += entry->whole;
		f->last = entry->place.sequence;
		return;
	case BUCKET_VALUE:
		note_value(f, entry);
		break;
	case BUCKET_DELETED:
		f->deleted++;
		break;
	case BUCKET_END:
		f->ends++;
		f->place = entry->place;
		return;
	case BUCKET_LOST:
		f->lost++;
		snprintf(f->error, sizeof(f->error), "%s", entry->text);
		return;
	}
	f->disordered |= entry->place.sequence <= f->last;
	f->last = entry->place.sequence;
	f->place = entry->place;
}

static void received(const struct bucket_entry *entries, size_t count, void *userdata)
{
	for (size_t i = 0; i < count; i++)
		note(userdata, &entries[i]);
}

static void forget(struct fixture *f)
{
	f->begins = f->wholes = f->ends = f->lost = f->values = f->deleted = 0;
}

#define run_until(f, condition)                                                                    \
	do {                                                                                       \
		uint64_t end_ = clock_boot_ns() + NATS_PATIENCE_NS;                                \
		while (!(condition)) {                                                             \
			if (clock_boot_ns() > end_)                                                \
				fail_msg("not in time: %s (%u values, \"%s\")", #condition,        \
					 (f)->values, (f)->error);                                 \
			assert_true(sd_event_run((f)->event, RUN_USEC) >= 0);                      \
		}                                                                                  \
	} while (0)

/* For what must not happen there is no condition to wait for. */
static void run_quietly(struct fixture *f)
{
	uint64_t end = clock_boot_ns() + QUIET_NS;

	while (clock_boot_ns() < end)
		assert_true(sd_event_run(f->event, RUN_USEC) >= 0);
}

static void follow(struct fixture *f, struct bucket_options options)
{
	struct error error;

	options.bucket = BUCKET;
	if (!options.link.servers)
		options.link.servers = NATS_URL;
	assert_int_equal(bucket_new(f->event, &options, received, f, &f->bucket, &error), 0);
}

/* To the end of what there is. */
static void follow_to_end(struct fixture *f, struct bucket_options options)
{
	forget(f);
	follow(f, options);
	run_until(f, f->ends == 1);
}

static void unfollow(struct fixture *f)
{
	bucket_free(f->bucket);
	f->bucket = NULL;
}

static void make_bucket(struct fixture *f, int history, int64_t age_nsec)
{
	kvConfig config;

	kvConfig_Init(&config);
	config.Bucket = BUCKET;
	config.History = (uint8_t)history;
	config.TTL = age_nsec;
	nats_make_bucket(&f->client, &config);
}

static void put(struct fixture *f, const char *subject, const char *value)
{
	nats_put(&f->client, subject, value);
}

static void put_number(struct fixture *f, int number)
{
	char subject[64];

	snprintf(subject, sizeof(subject), SUBJECT("k%d"), number);
	put(f, subject, "v");
}

static void delete_bucket(struct fixture *f)
{
	assert_int_equal(js_DeleteKeyValue(f->client.context, BUCKET), NATS_OK);
}

static int set_up(void **state)
{
	static struct fixture fixture;

	if (geteuid() != 0)
		return 0;
	fixture = (struct fixture){};
	*state = &fixture;
	if (sd_event_new(&fixture.event) < 0)
		return -1;
	fixture.client = nats_client_open(NATS_URL, NULL);
	make_bucket(&fixture, 1, 0);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	if (geteuid() != 0)
		return 0;
	bucket_free(f->bucket);
	js_DeleteKeyValue(f->client.context, BUCKET);
	nats_client_close(&f->client);
	sd_event_unref(f->event);
	return 0;
}

#define SKIP_UNLESS_ROOT()                                                                         \
	do {                                                                                       \
		if (geteuid() != 0)                                                                \
			skip();                                                                    \
	} while (0)

static void test_whole_then_changes(void **state)
{
	struct fixture *f = *state;

	SKIP_UNLESS_ROOT();
	put(f, SUBJECT("a"), "1");
	put(f, SUBJECT("b"), "2");
	put(f, SUBJECT("a"), "3"); /* in place of the first */
	follow_to_end(f, (struct bucket_options){});
	assert_int_equal(f->wholes, 1);
	assert_int_equal(f->values, 2);
	assert_string_equal(f->keys[0], "b=2");
	assert_string_equal(f->keys[1], "a=3");
	assert_int_equal(f->place.sequence, 3);
	assert_true(f->place.epoch > 0);

	put(f, SUBJECT("c.d"), "4");
	run_until(f, f->values == 3);
	assert_string_equal(f->keys[2], "c.d=4");
	assert_int_equal(f->place.sequence, 4);
	assert_int_equal(f->lost, 0);
}

static void test_resumes(void **state)
{
	struct fixture *f = *state;
	struct bucket_place place;

	SKIP_UNLESS_ROOT();
	for (int i = 0; i < 10; i++)
		put_number(f, i);
	follow_to_end(f, (struct bucket_options){});
	place = f->place;
	unfollow(f);
	put(f, SUBJECT("new"), "1");
	follow_to_end(f, (struct bucket_options){.place = place});
	assert_int_equal(f->wholes, 0);
	assert_int_equal(f->values, 1);
	assert_string_equal(f->keys[0], "new=1");
	run_until(f, bucket_report(f->bucket).values == 1);
	assert_int_equal(bucket_report(f->bucket).resumes, 1);

	unfollow(f); /* at the very end there is nothing to wait for */
	follow_to_end(f, (struct bucket_options){.place = f->place});
	assert_int_equal(f->wholes, 0);
	assert_int_equal(f->values, 0);
}

/* An empty bucket delivers nothing, not even an end. */
static void test_empty(void **state)
{
	struct fixture *f = *state;

	SKIP_UNLESS_ROOT();
	follow_to_end(f, (struct bucket_options){});
	assert_int_equal(f->wholes, 1);
	assert_int_equal(f->values, 0);
	put(f, SUBJECT("a"), "1");
	run_until(f, f->values == 1);
}

static void test_deleted(void **state)
{
	struct fixture *f = *state;
	kvStore *store = NULL;

	SKIP_UNLESS_ROOT();
	assert_int_equal(js_KeyValue(&store, f->client.context, BUCKET), NATS_OK);
	put(f, SUBJECT("a"), "1");
	put(f, SUBJECT("b"), "1");
	follow_to_end(f, (struct bucket_options){});
	assert_int_equal(kvStore_Delete(store, "a"), NATS_OK);
	assert_int_equal(kvStore_Purge(store, "b", NULL), NATS_OK);
	run_until(f, f->deleted == 2);
	kvStore_Destroy(store);
}

/* The place lies inside the new stream: by its sequence alone nothing would be noticed. */
static void test_made_anew_while_away(void **state)
{
	struct fixture *f = *state;
	struct bucket_place place;

	SKIP_UNLESS_ROOT();
	put_number(f, 1);
	put_number(f, 2);
	follow_to_end(f, (struct bucket_options){});
	place = f->place;
	unfollow(f);
	delete_bucket(f);
	make_bucket(f, 1, 0);
	for (int i = 0; i < 5; i++)
		put_number(f, 10 + i);
	follow_to_end(f, (struct bucket_options){.place = place});
	assert_int_equal(f->wholes, 1);
	assert_int_equal(f->values, 5);
	assert_true(f->place.epoch > place.epoch);
}

/* Subscribing behind the end of the new stream succeeds, and would skip all of it. */
static void test_made_anew_and_shorter(void **state)
{
	struct fixture *f = *state;
	struct bucket_place place;

	SKIP_UNLESS_ROOT();
	for (int i = 0; i < 5; i++)
		put_number(f, i);
	follow_to_end(f, (struct bucket_options){});
	place = f->place;
	unfollow(f);
	delete_bucket(f);
	make_bucket(f, 1, 0);
	put_number(f, 10);
	follow_to_end(f, (struct bucket_options){.place = place});
	assert_int_equal(f->wholes, 1);
	assert_int_equal(f->values, 1);
}

static void test_made_anew_meanwhile(void **state)
{
	struct fixture *f = *state;
	uint64_t epoch;

	SKIP_UNLESS_ROOT();
	for (int i = 0; i < 3; i++)
		put_number(f, i);
	follow_to_end(f, (struct bucket_options){});
	epoch = f->place.epoch;
	forget(f);
	delete_bucket(f);
	make_bucket(f, 1, 0);
	for (int i = 0; i < 5; i++)
		put_number(f, 10 + i);
	run_until(f, f->wholes == 1 && f->ends == 1);
	assert_int_equal(f->values, 5);
	assert_true(f->place.epoch > epoch);
	assert_false(f->disordered);
}

static void test_missing_bucket(void **state)
{
	struct fixture *f = *state;

	SKIP_UNLESS_ROOT();
	delete_bucket(f);
	follow(f, (struct bucket_options){});
	run_until(f, f->lost >= 1);
	assert_non_null(strstr(f->error, STREAM));
	assert_false(bucket_report(f->bucket).connected);
	make_bucket(f, 1, 0);
	run_until(f, f->ends == 1);
	run_until(f, bucket_report(f->bucket).connected);
}

/*
 * A sequence behind the stream's end under the right epoch: it was restored from an older backup.
 */
static void test_place_behind_the_end(void **state)
{
	struct fixture *f = *state;
	struct bucket_place place;

	SKIP_UNLESS_ROOT();
	put_number(f, 1);
	follow_to_end(f, (struct bucket_options){});
	place = (struct bucket_place){f->place.epoch, f->place.sequence + 1};
	unfollow(f);
	follow_to_end(f, (struct bucket_options){.place = place});
	assert_int_equal(f->wholes, 1);
	assert_int_equal(f->values, 1);
}

static void delete_consumers(struct fixture *f)
{
	jsConsumerNamesList *names = NULL;

	assert_int_equal(js_ConsumerNames(&names, f->client.context, STREAM, NULL, NULL), NATS_OK);
	assert_true(names->Count > 0);
	for (int i = 0; i < names->Count; i++)
		assert_int_equal(
			js_DeleteConsumer(f->client.context, STREAM, names->List[i], NULL, NULL),
			NATS_OK);
	jsConsumerNamesList_Destroy(names);
}

/* libnats makes the consumer anew, at the beginning of the stream. */
static void test_reset_before_first_message(void **state)
{
	struct fixture *f = *state;
	struct bucket_place place;

	SKIP_UNLESS_ROOT();
	for (int i = 0; i < 5; i++)
		put_number(f, i);
	follow_to_end(f, (struct bucket_options){});
	place = f->place;
	unfollow(f);
	follow_to_end(f, (struct bucket_options){.place = place});
	delete_consumers(f);
	run_quietly(f);
	assert_int_equal(f->values, 0);
	put(f, SUBJECT("new"), "1");
	run_until(f, f->values == 1);
	assert_string_equal(f->keys[0], "new=1");
	assert_int_equal(f->begins, 1);
	assert_false(f->disordered);
}

static void test_reset_in_between(void **state)
{
	struct fixture *f = *state;

	SKIP_UNLESS_ROOT();
	put_number(f, 1);
	follow_to_end(f, (struct bucket_options){});
	delete_consumers(f);
	put_number(f, 2);
	put_number(f, 3);
	run_until(f, f->values == 3);
	assert_false(f->disordered);
}

static void test_server_restart(void **state)
{
	struct fixture *f = *state;

	SKIP_UNLESS_ROOT();
	put_number(f, 1);
	follow_to_end(f, (struct bucket_options){});
	nats_client_close(&f->client);
	nats_server_stop(&server);
	run_until(f, f->lost >= 2); /* and it does not give up after the first attempt */
	assert_false(bucket_report(f->bucket).connected);
	nats_server_start(&server);
	f->client = nats_client_open(NATS_URL, NULL);
	put_number(f, 2);
	run_until(f, f->values == 2);
	assert_int_equal(f->wholes, 1); /* the first */
	assert_int_equal(bucket_report(f->bucket).wholes, 1);
	assert_true(bucket_report(f->bucket).resumes >= 1);
}

/* What leaves a bucket by its age is told by nothing, and leaves nothing that would not come. */
static void test_expiry_is_silent(void **state)
{
	struct fixture *f = *state;
	struct bucket_place place;

	SKIP_UNLESS_ROOT();
	delete_bucket(f);
	make_bucket(f, 1, NSEC_PER_SEC);
	put_number(f, 1);
	put_number(f, 2);
	follow_to_end(f, (struct bucket_options){});
	place = f->place;
	run_quietly(f);
	assert_int_equal(f->values, 2);
	assert_int_equal(f->deleted, 0);
	assert_int_equal(f->lost, 0);
	unfollow(f);
	follow_to_end(f, (struct bucket_options){.place = place});
	assert_int_equal(f->wholes, 0);
	unfollow(f);
	follow_to_end(f, (struct bucket_options){});
	assert_int_equal(f->values, 0);
	assert_int_equal(f->place.sequence, place.sequence);
}

static void test_slow_consumer(void **state)
{
	struct fixture *f = *state;
	uint64_t end = clock_boot_ns() + NATS_PATIENCE_NS;

	SKIP_UNLESS_ROOT();
	follow_to_end(f, (struct bucket_options){});
	for (int i = 0; i < MANY; i++) {
		char subject[64];

		snprintf(subject, sizeof(subject), SUBJECT("k%d"), i);
		assert_int_equal(js_PublishAsync(f->client.context, subject, "v", 1, NULL),
				 NATS_OK);
	}
	assert_int_equal(js_PublishAsyncComplete(f->client.context, NULL), NATS_OK);
	/* The loop does not run: the queue fills, and the thread waits with all the others. */
	while (bucket_report(f->bucket).behind < QUEUED && clock_boot_ns() < end)
		usleep(10000);
	assert_true(bucket_report(f->bucket).values < MANY / 2);
	run_until(f, f->values == MANY);
	assert_false(f->disordered);
	assert_int_equal(f->lost, 0);
	run_until(f, bucket_report(f->bucket).behind == 0);
}

/* In full flow, too: ending a subscription in the wrong order hangs in libnats 3.4.1. */
static void test_sweeps(void **state)
{
	struct fixture *f = *state;

	SKIP_UNLESS_ROOT();
	put_number(f, 1);
	follow_to_end(f, (struct bucket_options){});
	for (unsigned int i = 1; i <= SWEEPS; i++) {
		bucket_sweep(f->bucket);
		put_number(f, (int)i);
		run_until(f, f->wholes == i + 1 && f->ends == i + 1);
	}
	assert_int_equal(f->lost, 0);
	unfollow(f);
	follow_to_end(f, (struct bucket_options){.sweep = 1, .place = f->place});
	run_until(f, f->wholes >= 2);
}

static void test_history(void **state)
{
	struct fixture *f = *state;

	SKIP_UNLESS_ROOT();
	delete_bucket(f);
	make_bucket(f, HISTORY, 0);
	for (int i = 0; i < HISTORY; i++)
		put(f, SUBJECT("a"), i == HISTORY - 1 ? "last" : "old");
	follow_to_end(f, (struct bucket_options){});
	assert_int_equal(f->values, 1);
	assert_string_equal(f->keys[0], "a=last");
}

/* So IPv6 addresses are written in hexadecimal. */
static void test_no_colon_in_keys(void **state)
{
	struct fixture *f = *state;
	kvStore *store = NULL;

	SKIP_UNLESS_ROOT();
	assert_int_equal(js_KeyValue(&store, f->client.context, BUCKET), NATS_OK);
	assert_int_equal(kvStore_PutString(NULL, store, "ip6.2001:db8::1-128", "1"),
			 NATS_INVALID_ARG);
	assert_int_equal(kvStore_PutString(NULL, store, "ip4.c0000201-32", "1"), NATS_OK);
	kvStore_Destroy(store);
}

/* Behind a leaf node JetStream is another domain's: without its name nobody answers. */
static void test_leaf_node(void **state)
{
	struct fixture *f = *state;

	SKIP_UNLESS_ROOT();
	nats_server_start(&leaf);
	put_number(f, 1);
	follow(f, (struct bucket_options){.link.servers = LEAF_URL, .domain = "hub"});
	run_until(f, f->ends == 1);
	assert_int_equal(f->values, 1);
	put_number(f, 2);
	run_until(f, f->values == 2);
	unfollow(f);

	forget(f);
	follow(f, (struct bucket_options){.link.servers = LEAF_URL, .domain = "elsewhere"});
	run_until(f, f->lost >= 1);
	unfollow(f);
	nats_server_stop(&leaf);
}

static int begin(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	if (nats_begin() < 0)
		return -1;
	nats_write("server.conf", server_conf, 0600);
	nats_write("leaf.conf", leaf_conf, 0600);
	nats_server_start(&server);
	return 0;
}

static int end(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	nats_server_stop(&server);
	return nats_end();
}

#define BUCKET_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BUCKET_TEST(test_whole_then_changes),
		BUCKET_TEST(test_resumes),
		BUCKET_TEST(test_empty),
		BUCKET_TEST(test_deleted),
		BUCKET_TEST(test_made_anew_while_away),
		BUCKET_TEST(test_made_anew_and_shorter),
		BUCKET_TEST(test_made_anew_meanwhile),
		BUCKET_TEST(test_missing_bucket),
		BUCKET_TEST(test_place_behind_the_end),
		BUCKET_TEST(test_reset_before_first_message),
		BUCKET_TEST(test_reset_in_between),
		BUCKET_TEST(test_server_restart),
		BUCKET_TEST(test_expiry_is_silent),
		BUCKET_TEST(test_slow_consumer),
		BUCKET_TEST(test_sweeps),
		BUCKET_TEST(test_history),
		BUCKET_TEST(test_no_colon_in_keys),
		BUCKET_TEST(test_leaf_node),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
