/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Receivers against a real store: where they begin, what is lost, what comes again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/log.h"
#include "ledger/outbox.h"
#include "lib/stored.h"

#define TURN_USEC 10000
#define TURNS	  2000

/* A command that writes down what it gets, until `refuse` is there. */
static const char hook[] = "#!/bin/sh\n"
			   "cd \"${0%/*}\"\n"
			   "[ ! -e refuse ] && echo $SMTPFENCE_ID $SMTPFENCE_PREFIX >> told\n";

struct host {
	struct stored *stored;
	sd_event *event;
	struct transfers *transfers;
	struct config config;
	struct config_notify receivers[2];
	struct outbox *outbox;
	struct notify *notify;
	char command[STORED_PATH_MAX], told[STORED_PATH_MAX], refuse[STORED_PATH_MAX];
};

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void start(struct host *host)
{
	struct notify_outbox outbox;
	struct error error;

	assert_int_equal(outbox_new(host->stored->store, &host->outbox, &error), 0);
	outbox = outbox_for_notify(host->outbox);
	assert_int_equal(notify_new(host->event, host->transfers, &host->config, &outbox,
				    &host->notify, &error),
			 0);
}

static void stop(struct host *host)
{
	notify_free(STEAL(host->notify));
	outbox_free(STEAL(host->outbox));
}

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	stored_setup(state);
	host->stored = *state;
	*state = host;
	assert_true(sd_event_new(&host->event) >= 0);
	assert_int_equal(transfers_new(host->event, &host->transfers, NULL), 0);
	snprintf(host->command, sizeof(host->command), "%s/hook", host->stored->folder);
	snprintf(host->told, sizeof(host->told), "%s/told", host->stored->folder);
	snprintf(host->refuse, sizeof(host->refuse), "%s/refuse", host->stored->folder);
	write_file(host->command, hook);
	chmod(host->command, 0755);
	write_file(host->told, "");
	host->receivers[0] = (struct config_notify){
		.name = host->command, .command = host->command, .time_limit = 10};
	host->config = (struct config){.notify = host->receivers, .notify_count = 1};
	start(host);
	return 0;
}

static int teardown(void **state)
{
	struct host *host = *state;
	void *stored = host->stored;

	stop(host);
	transfers_free(host->transfers);
	sd_event_unref(host->event);
	unlink(host->command);
	unlink(host->told);
	unlink(host->refuse);
	free(host);
	return stored_teardown(&stored);
}

static void add_event(struct host *host, const char *prefix)
{
	struct audit audit = {.ts = 1, .event = "blocked", .has_prefix = true};
	struct store *store = host->stored->store;

	assert_int_equal(prefix_parse(prefix, &audit.prefix), 0);
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_add_audit(store, &audit, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	if (host->notify)
		notify_kick(host->notify);
}

static void turn(struct host *host)
{
	assert_true(sd_event_run(host->event, TURN_USEC) >= 0);
}

static struct notify_report report(struct host *host)
{
	return notify_report(host->notify, 0);
}

static void await_delivery(struct host *host)
{
	for (int i = 0; i < TURNS && report(host).pending > 0; i++)
		turn(host);
	assert_int_equal(report(host).pending, 0);
}

static void assert_told(const struct host *host, const char *expected)
{
	char text[1024] = "";
	FILE *file = fopen(host->told, "re");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

static void test_in_order(void **state)
{
	struct host *host = *state;

	add_event(host, "192.0.2.1");
	add_event(host, "192.0.2.2");
	add_event(host, "192.0.2.1");
	await_delivery(host);
	assert_told(host, "1 192.0.2.1/32\n2 192.0.2.2/32\n3 192.0.2.1/32\n");
	assert_int_equal(report(host).deliveries, 3);
	assert_int_equal(report(host).errors, 0);
	assert_null(report(host).error);
	assert_true(report(host).last_success > 0);
}

static void test_what_fails_holds_up_what_is_behind_it(void **state)
{
	struct host *host = *state;

	write_file(host->refuse, "");
	add_event(host, "192.0.2.1");
	add_event(host, "192.0.2.2");
	for (int i = 0; i < TURNS && report(host).errors < 2; i++)
		turn(host);
	assert_true(report(host).is_failing);
	assert_false(report(host).is_degraded); /* not for a minute */
	assert_int_equal(report(host).pending, 2);
	assert_told(host, "");
	unlink(host->refuse);
	await_delivery(host);
	assert_false(report(host).is_failing);
	assert_told(host, "1 192.0.2.1/32\n2 192.0.2.2/32\n");
}

static void test_an_end_in_between(void **state)
{
	struct host *host = *state;

	add_event(host, "192.0.2.1");
	await_delivery(host);
	write_file(host->refuse, "");
	add_event(host, "192.0.2.2");
	for (int i = 0; i < TURNS && report(host).errors == 0; i++)
		turn(host);
	stop(host);
	unlink(host->refuse);
	start(host);
	await_delivery(host);
	assert_told(host, "1 192.0.2.1/32\n2 192.0.2.2/32\n");
}

/* Whoever is new begins with what comes next, and whoever was forgotten is new. */
static void test_where_a_receiver_begins(void **state)
{
	struct host *host = *state;
	struct error error;

	add_event(host, "192.0.2.1");
	await_delivery(host);
	host->config.notify_count = 0;
	assert_int_equal(notify_reconfigure(host->notify, &host->config, &error), 0);
	assert_int_equal(notify_count(host->notify), 0);
	add_event(host, "192.0.2.2");
	host->config.notify_count = 1;
	assert_int_equal(notify_reconfigure(host->notify, &host->config, &error), 0);
	add_event(host, "192.0.2.3");
	await_delivery(host);
	assert_told(host, "1 192.0.2.1/32\n3 192.0.2.3/32\n");
}

/* A reload that changes nothing of a receiver does not even disturb what it is at. */
static void test_a_reload_in_between(void **state)
{
	struct host *host = *state;
	struct config_notify same = host->receivers[0];
	struct config config = {.notify = &same, .notify_count = 1};
	struct error error;

	write_file(host->refuse, "");
	add_event(host, "192.0.2.1");
	for (int i = 0; i < TURNS && report(host).errors == 0; i++)
		turn(host);
	assert_int_equal(notify_reconfigure(host->notify, &config, &error), 0);
	assert_int_equal(report(host).errors, 1);
	same.time_limit++;
	assert_int_equal(notify_reconfigure(host->notify, &host->config, &error), 0);
	assert_int_equal(notify_reconfigure(host->notify, &config, &error), 0);
	assert_int_equal(report(host).errors, 0); /* another one, at the same place */
	unlink(host->refuse);
	await_delivery(host);
	assert_told(host, "1 192.0.2.1/32\n");
}

/* The store keeps the last AUDIT_MAX; a hand can take them away earlier. */
static void test_what_is_pruned_is_lost(void **state)
{
	struct host *host = *state;

	write_file(host->refuse, "");
	add_event(host, "192.0.2.1");
	stop(host);
	for (int i = 0; i < 4; i++)
		add_event(host, "192.0.2.2");
	stored_run_sql(host->stored, "DELETE FROM audit WHERE id < 4");
	host->stored->store = stored_open(host->stored);
	unlink(host->refuse);
	start(host);
	await_delivery(host);
	assert_told(host, "4 192.0.2.2/32\n5 192.0.2.2/32\n");
	assert_int_equal(report(host).lost, 3);
}

static void test_two_stores_have_two_origins(void **state)
{
	struct host *host = *state;
	char first[64];

	snprintf(first, sizeof(first), "%s", outbox_for_notify(host->outbox).origin);
	assert_int_equal(strlen(first), 32);
	stop(host);
	start(host);
	assert_string_equal(outbox_for_notify(host->outbox).origin, first);
	stop(host);
	stored_run_sql(host->stored, "DELETE FROM settings");
	host->stored->store = stored_open(host->stored);
	start(host);
	assert_string_not_equal(outbox_for_notify(host->outbox).origin, first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_in_order),
		TEST(test_what_fails_holds_up_what_is_behind_it),
		TEST(test_an_end_in_between),
		TEST(test_where_a_receiver_begins),
		TEST(test_a_reload_in_between),
		TEST(test_what_is_pruned_is_lost),
		TEST(test_two_stores_have_two_origins),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
