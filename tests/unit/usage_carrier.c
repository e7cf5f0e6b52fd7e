/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports as messages to a stream of a real nats-server. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/nats_server.h"
#include "usage/carrier.h"

#define RUN_USEC    50000
#define PAYLOAD_MAX 4096
#define REPORT_TEXT "{\"sequence\":7}\n"
#define CONFIGURATION                                                                              \
	"listen: 127.0.0.1:4222\nmax_payload: 4096\n"                                              \
	"jetstream: {store_dir: js, max_mem: 64MB, max_file: 64MB}\n"

static struct nats_server server = {.name = "plain", .port = 4222};

static struct fixture {
	sd_event *event;
	struct config_usage config;
	struct carrier *carrier;
	unsigned int calls;
	enum carrier_outcome outcome;
	struct error error;
} fixture;

static void on_done(enum carrier_outcome outcome, const struct error *error, uint64_t retry_after,
		    void *userdata)
{
	struct fixture *of = userdata;

	assert_int_equal(retry_after, 0);
	of->calls++;
	of->outcome = outcome;
	of->error = *error;
}

static void make_stream(void)
{
	struct nats_client client = nats_client_open(NATS_URL, NULL);
	const char *subjects[] = {"smtp.usage.*"};
	jsStreamConfig config;

	jsStreamConfig_Init(&config);
	config.Name = "SMTP_USAGE";
	config.Subjects = subjects;
	config.SubjectsLen = 1;
	assert_int_equal(js_AddStream(NULL, client.context, &config, NULL, NULL), NATS_OK);
	nats_client_close(&client);
}

static uint64_t messages_in_stream(void)
{
	struct nats_client client = nats_client_open(NATS_URL, NULL);
	jsStreamInfo *info = NULL;
	uint64_t count;

	assert_int_equal(js_GetStreamInfo(&info, client.context, "SMTP_USAGE", NULL, NULL),
			 NATS_OK);
	count = info->State.Msgs;
	jsStreamInfo_Destroy(info);
	nats_client_close(&client);
	return count;
}

static int set_up_all(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	if (nats_begin() < 0)
		return -1;
	nats_write("plain.conf", CONFIGURATION, 0600);
	nats_server_start(&server);
	make_stream();
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	nats_server_stop(&server);
	return nats_end();
}

static int set_up(void **state)
{
	struct carrier_context context = {
		.config = &fixture.config, .done = on_done, .userdata = &fixture};

	(void)state;
	fixture = (struct fixture){.config = {.name = (char *)"scorer",
					      .link.url = (char *)NATS_URL,
					      .stream = (char *)"SMTP_USAGE"}};
	assert_true(sd_event_new(&fixture.event) >= 0);
	context.event = fixture.event;
	assert_int_equal(carrier_new(&context, &fixture.carrier, &fixture.error), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	carrier_free(fixture.carrier);
	sd_event_unref(fixture.event);
	return 0;
}

static enum carrier_outcome deliver(uint64_t number, const char *text, size_t size)
{
	const struct spool_report report = {.number = number, .size = size, .written = 1764072000};
	unsigned int before = fixture.calls;
	uint64_t end = clock_boot_ns() + NATS_PATIENCE_NS;

	assert_int_equal(carrier_send(fixture.carrier, &report, text, &fixture.error), 0);
	while (fixture.calls == before && clock_boot_ns() < end)
		assert_true(sd_event_run(fixture.event, RUN_USEC) >= 0);
	assert_int_equal(fixture.calls, before + 1);
	return fixture.outcome;
}

static enum carrier_outcome deliver_text(uint64_t number)
{
	return deliver(number, REPORT_TEXT, strlen(REPORT_TEXT));
}

#define SKIP_UNLESS_ROOT()                                                                         \
	do {                                                                                       \
		if (geteuid() != 0)                                                                \
			skip();                                                                    \
	} while (0)

static void test_delivered(void **state)
{
	struct nats_client client;
	char subject[128], host[65] = "";
	natsMsg *message = NULL;
	uint64_t before;

	(void)state;
	SKIP_UNLESS_ROOT();
	before = messages_in_stream();
	assert_int_equal(deliver_text(7), CARRIER_DELIVERED);
	assert_int_equal(messages_in_stream(), before + 1);
	client = nats_client_open(NATS_URL, NULL);
	assert_int_equal(js_GetMsg(&message, client.context, "SMTP_USAGE", before + 1, NULL, NULL),
			 NATS_OK);
	gethostname(host, sizeof(host) - 1);
	snprintf(subject, sizeof(subject), "smtp.usage.%.*s", (int)strcspn(host, "._"), host);
	assert_memory_equal(natsMsg_GetSubject(message), subject, strlen(subject));
	assert_int_equal(natsMsg_GetDataLength(message), strlen(REPORT_TEXT));
	assert_memory_equal(natsMsg_GetData(message), REPORT_TEXT, strlen(REPORT_TEXT));
	natsMsg_Destroy(message);
	nats_client_close(&client);
}

/* An answer that was lost: what is sent again is the same message to the stream. */
static void test_twice_is_once(void **state)
{
	uint64_t before;

	(void)state;
	SKIP_UNLESS_ROOT();
	before = messages_in_stream();
	assert_int_equal(deliver_text(8), CARRIER_DELIVERED);
	assert_int_equal(deliver_text(8), CARRIER_DELIVERED);
	assert_int_equal(deliver_text(9), CARRIER_DELIVERED);
	assert_int_equal(messages_in_stream(), before + 2);
}

static void test_outage(void **state)
{
	uint64_t before;

	(void)state;
	SKIP_UNLESS_ROOT();
	before = messages_in_stream();
	assert_int_equal(deliver_text(10), CARRIER_DELIVERED);
	nats_server_stop(&server);
	assert_int_equal(deliver_text(11), CARRIER_FAILED);
	assert_int_equal(deliver_text(11), CARRIER_FAILED);
	assert_non_null(strstr(fixture.error.text, "127.0.0.1:4222"));
	nats_server_start(&server);
	messages_in_stream(); /* waits until JetStream is there */
	assert_int_equal(deliver_text(11), CARRIER_DELIVERED);
	assert_int_equal(messages_in_stream(), before + 2);
}

static void test_too_large(void **state)
{
	static char text[PAYLOAD_MAX + 1];

	(void)state;
	SKIP_UNLESS_ROOT();
	assert_int_equal(deliver(12, text, sizeof(text)), CARRIER_REFUSED);
	assert_non_null(strstr(fixture.error.text, "at most 4096"));
	assert_int_equal(deliver_text(13), CARRIER_DELIVERED);
}

/* Whoever listens to the subject is not the stream: nobody has stored it. */
static void test_another_stream(void **state)
{
	(void)state;
	SKIP_UNLESS_ROOT();
	fixture.config.stream = (char *)"OTHER";
	tear_down(NULL);
	fixture.calls = 0;
	assert_true(sd_event_new(&fixture.event) >= 0);
	assert_int_equal(carrier_new(&(struct carrier_context){.event = fixture.event,
							       .config = &fixture.config,
							       .done = on_done,
							       .userdata = &fixture},
				     &fixture.carrier, &fixture.error),
			 0);
	assert_int_equal(deliver_text(14), CARRIER_FAILED);
	assert_non_null(strstr(fixture.error.text, "stream OTHER"));
}

/* With a message under way to a server that says nothing: nobody waits, and nobody is called. */
static void test_freed_meanwhile(void **state)
{
	const struct spool_report report = {.number = 15, .size = strlen(REPORT_TEXT)};

	(void)state;
	SKIP_UNLESS_ROOT();
	kill(server.pid, SIGSTOP);
	assert_int_equal(carrier_send(fixture.carrier, &report, REPORT_TEXT, &fixture.error), 0);
	carrier_free(fixture.carrier);
	fixture.carrier = NULL;
	kill(server.pid, SIGCONT);
	assert_true(sd_event_run(fixture.event, 0) >= 0);
	assert_int_equal(fixture.calls, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_delivered), TEST(test_twice_is_once),	 TEST(test_outage),
		TEST(test_too_large), TEST(test_another_stream), TEST(test_freed_meanwhile),
	};

	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
