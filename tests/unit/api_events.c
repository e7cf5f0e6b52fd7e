/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that wait for events: answered when there is one, and never in the way of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/clients.h"
#include "base/clock.h"
#include "lib/api_host.h"

#define TURNS 20 /* enough for a request to be read, and answered if it were */

/* A request that is under way. */
struct follower {
	struct host *host;
	CURLM *multi;
	CURL *curl;
	struct answer answer;
};

static void advance(struct follower *follower, int *ret_running)
{
	assert_int_equal(curl_multi_perform(follower->multi, ret_running), CURLM_OK);
	turn(follower->host);
}

static bool is_waiting(struct follower *follower)
{
	int running = 1;

	for (int i = 0; i < TURNS && running; i++)
		advance(follower, &running);
	return running;
}

/* @after NULL: from the newest event of now. */
static struct follower follow(struct host *host, unsigned int wait)
{
	struct follower follower = {.host = host, .multi = curl_multi_init()};
	struct call call = {.method = "GET"};
	struct curl_slist *headers = NULL;
	char target[64];
	int64_t newest;

	assert_int_equal(store_newest_audit(host->store, &newest, NULL), 0);
	snprintf(target, sizeof(target), "/v1/events?after=%lld&wait=%u", (long long)newest, wait);
	call.target = target;
	follower.curl = prepare(host->socket, &call, NULL, &headers);
	curl_multi_add_handle(follower.multi, follower.curl);
	return follower;
}

/* The answer is written where @follower is: it must not move from then on. */
static bool waits(struct follower *follower)
{
	curl_easy_setopt(follower->curl, CURLOPT_WRITEDATA, &follower->answer);
	curl_easy_setopt(follower->curl, CURLOPT_HEADERDATA, &follower->answer);
	return is_waiting(follower);
}

static CURLcode finish(struct follower *follower)
{
	CURLMsg *message;
	int running = 1, left;

	while (running)
		advance(follower, &running);
	message = curl_multi_info_read(follower->multi, &left);
	assert_non_null(message);
	follower->answer.json = cJSON_Parse(follower->answer.text);
	return message->data.result;
}

static void stop(struct follower *follower)
{
	curl_multi_remove_handle(follower->multi, follower->curl);
	curl_multi_cleanup(follower->multi);
	curl_easy_cleanup(follower->curl);
	answer_clear(&follower->answer);
}

static void test_waits_for_an_event(void **state)
{
	struct host *host = *state;
	struct follower one, other;
	uint64_t before = clock_boot_ns();

	await_feeds(host);
	one = follow(host, 20);
	other = follow(host, 20);
	assert_true(waits(&one));
	assert_true(waits(&other));
	block(host, "{\"prefix\":\"192.0.2.1\"}");
	assert_int_equal(finish(&one), CURLE_OK);
	assert_int_equal(finish(&other), CURLE_OK);
	assert_true(clock_boot_ns() - before < 20 * NSEC_PER_SEC);
	assert_int_equal(cJSON_GetArraySize(one.answer.json), 1);
	assert_string_equal(text_of(one.answer.json->child, "prefix"), "192.0.2.1/32");
	assert_int_equal(cJSON_GetArraySize(other.answer.json), 1);
	stop(&one);
	stop(&other);
}

static void test_an_old_event_is_not_waited_for(void **state)
{
	struct host *host = *state;
	struct follower follower;

	await_feeds(host);
	follower = follow(host, 20);
	block(host, "{\"prefix\":\"192.0.2.1\"}");
	assert_false(waits(&follower));
	assert_int_equal(finish(&follower), CURLE_OK);
	assert_int_equal(cJSON_GetArraySize(follower.answer.json), 1);
	stop(&follower);
}

static void test_nothing_happens(void **state)
{
	struct host *host = *state;
	struct follower follower;
	uint64_t before;

	await_feeds(host);
	before = clock_boot_ns();
	follower = follow(host, 1);
	assert_true(waits(&follower));
	assert_int_equal(finish(&follower), CURLE_OK);
	assert_true(clock_boot_ns() - before >= NSEC_PER_SEC);
	assert_int_equal(cJSON_GetArraySize(follower.answer.json), 0);
	stop(&follower);
}

/* Whoever waits has a place like everybody, and loses it when it gets crowded. */
static void test_loses_the_place(void **state)
{
	struct host *host = *state;
	struct follower first;
	CURL *others[CLIENTS_MAX];
	uint64_t before = clock_boot_ns();

	await_feeds(host);
	first = follow(host, 20);
	assert_true(waits(&first));
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		others[i] = curl_easy_init();
		curl_easy_setopt(others[i], CURLOPT_URL, "http://localhost");
		curl_easy_setopt(others[i], CURLOPT_UNIX_SOCKET_PATH, host->socket);
		curl_easy_setopt(others[i], CURLOPT_CONNECT_ONLY, 1L);
		assert_int_equal(curl_easy_perform(others[i]), CURLE_OK);
		turn(host);
	}
	assert_int_equal(finish(&first), CURLE_GOT_NOTHING);
	assert_true(clock_boot_ns() - before <
		    20 * NSEC_PER_SEC); /* not only when its wait is over */
	stop(&first);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		curl_easy_cleanup(others[i]);
}

/* The daemon may end, and the client go away, while somebody waits. */
static void test_ends_meanwhile(void **state)
{
	struct host *host = *state;
	struct follower staying, leaving;

	await_feeds(host);
	staying = follow(host, 20);
	leaving = follow(host, 20);
	assert_true(waits(&staying));
	assert_true(waits(&leaving));
	stop(&leaving);
	block(host, "{\"prefix\":\"192.0.2.1\"}");
	assert_int_equal(finish(&staying), CURLE_OK);
	stop(&staying);

	staying = follow(host, 20);
	assert_true(waits(&staying));
	store_watch_audit(host->store, NULL, NULL);
	api_free(host->api);
	host->api = NULL;
	assert_int_equal(finish(&staying), CURLE_GOT_NOTHING);
	stop(&staying);
}

static void test_refused(void **state)
{
	static const char *const targets[] = {"/v1/events?wait=21", "/v1/events?wait=-1",
					      "/v1/events?wait=x"};
	struct host *host = *state;
	struct answer answer;

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		answer = expect(host, 400, "GET", targets[i], NULL);
		answer_clear(&answer);
	}
	answer = expect(host, 409, "GET", "/v1/events?after=1000000&wait=20", NULL);
	assert_non_null(strstr(text_of(answer.json, "message"), "there is no event 1000000"));
	answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_waits_for_an_event), TEST(test_an_old_event_is_not_waited_for),
		TEST(test_nothing_happens),    TEST(test_loses_the_place),
		TEST(test_ends_meanwhile),     TEST(test_refused),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
