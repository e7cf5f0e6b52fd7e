/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the API answers, resource by resource. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "lib/api_host.h"

static void test_refusals(void **state)
{
	static const struct {
		long status;
		struct call call;
		const char *message; /* part of it */
	} cases[] = {
		{404, {"GET", "/", NULL, 0, NULL}, "no such resource"},
		{404, {"GET", "/v1/status/", NULL, 0, NULL}, "no such resource"},
		{404, {"GET", "/v1/blocks/192.0.2.0/24", NULL, 0, NULL}, "no such resource"},
		{405, {"DELETE", "/v1/status", NULL, 0, NULL}, "only GET"},
		{405, {"PUT", "/v1/blocks", "{}", 0, NULL}, "only GET, HEAD, POST"},
		{405, {"GET", "/v1/unload", NULL, 0, NULL}, "only POST"},
		{400, {"GET", "/v1/blocks?stat=unblocked", NULL, 0, NULL}, "parameter \"stat\""},
		{400, {"GET", "/v1/blocks?state=dead", NULL, 0, NULL}, "state: \"dead\""},
		{400, {"GET", "/v1/blocks?in=192.0.2.1/24", NULL, 0, NULL}, "in: \"192.0.2.1/24\""},
		{400, {"GET", "/v1/blocks?limit=0", NULL, 0, NULL}, "limit: \"0\""},
		{400, {"GET", "/v1/blocks?limit=10001", NULL, 0, NULL}, "limit: \"10001\""},
		{400, {"GET", "/v1/blocks?after=x", NULL, 0, NULL}, "after: \"x\""},
		{400, {"GET", "/v1/blocks/nonsense", NULL, 0, NULL}, "prefix: \"nonsense\""},
		{400, {"GET", "/v1/blocks/192.0.2.1%00", NULL, 0, NULL}, "NUL"},
		{404, {"GET", "/v1/blocks/192.0.2.200", NULL, 0, NULL}, "192.0.2.200"},
		{400, {"GET", "/v1/check", NULL, 0, NULL}, "source: missing"},
		{400, {"GET", "/v1/check?source=192.0.2.0/24", NULL, 0, NULL}, "single"},
		{400, {"GET", "/v1/counters?sort=size", NULL, 0, NULL}, "sort: \"size\""},
		{400, {"GET", "/v1/counters?top=-1", NULL, 0, NULL}, "top: \"-1\""},
		{400, {"GET", "/v1/events?limit=1001", NULL, 0, NULL}, "limit: \"1001\""},
		{415, {"POST", "/v1/blocks", "{}", 0, "text/plain"}, "application/json"},
		{415, {"POST", "/v1/blocks", "{}", 0, "application/jsonp"}, "application/json"},
		{415, {"POST", "/v1/blocks", "{}", 0, "application"}, "application/json"},
		{415, {"POST", "/v1/blocks", "{}", 0, ""}, "application/json"},
		{400, {"POST", "/v1/blocks", "{}", 0, "Application/JSON; charset=x"}, "missing"},
		{400, {"POST", "/v1/blocks", "[]", 0, NULL}, "not a JSON object"},
		{400, {"POST", "/v1/blocks", "{} {}", 0, NULL}, "not a JSON object"},
		{400, {"POST", "/v1/blocks", "{}\0{", 4, NULL}, "not a JSON object"},
		{400, {"POST", "/v1/blocks", NULL, 0, NULL}, "prefix: missing"},
		{400, {"POST", "/v1/blocks", "{\"prefx\":\"192.0.2.1\"}", 0, NULL}, "\"prefx\""},
		{400, {"POST", "/v1/blocks", "{\"prefix\":1}", 0, NULL}, "prefix: must be"},
		{400, {"POST", "/v1/blocks", "{\"prefix\":\"x\"}", 0, NULL}, "prefix: \"x\""},
		{400,
		 {"POST", "/v1/blocks", "{\"prefix\":\"192.0.2.1\",\"prefix\":\"192.0.2.2\"}", 0,
		  NULL},
		 "prefix: stands there twice"},
		{400,
		 {"POST", "/v1/blocks", "{\"prefix\":\"192.0.2.1\",\"time\":1.5}", 0, NULL},
		 "time: must be"},
		{400,
		 {"POST", "/v1/blocks", "{\"prefix\":\"192.0.2.1\",\"force\":1}", 0, NULL},
		 "force: must be"},
		{400,
		 {"POST", "/v1/blocks", "{\"prefix\":\"192.0.2.1\",\"time\":7201}", 0, NULL},
		 ""},
		{409, {"POST", "/v1/blocks", "{\"prefix\":\"192.0.2.53\"}", 0, NULL}, "192.0.2.53"},
		{409, {"POST", "/v1/blocks", "{\"prefix\":\"10.0.0.0/8\"}", 0, NULL}, ""},
		{404, {"POST", "/v1/blocks/192.0.2.9/unblock", "{}", 0, NULL}, "not blocked"},
		{409, {"POST", "/v1/allow", "{\"prefix\":\"192.0.2.53\"}", 0, NULL}, "192.0.2.53"},
		{404, {"DELETE", "/v1/allow/192.0.2.9", NULL, 0, NULL}, ""},
		{409, {"DELETE", "/v1/allow/192.0.2.53", NULL, 0, NULL}, "policy.allow"},
		{400, {"PUT", "/v1/mode", "{\"mode\":\"off\"}", 0, NULL}, "mode: \"off\""},
		{400, {"PUT", "/v1/mode", "{}", 0, NULL}, "mode: missing"},
	};
	struct host *host = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct answer answer = send_call(host, &cases[i].call);

		if (answer.status != cases[i].status ||
		    !strstr(text_of(answer.json, "message"), cases[i].message))
			fail_msg("%s %s %s: %ld %s", cases[i].call.method, cases[i].call.target,
				 cases[i].call.body, answer.status, answer.text);
		assert_string_equal(answer.type, "application/json");
		answer_clear(&answer);
	}
}

static void test_allow_header(void **state)
{
	struct answer answer = expect(*state, 405, "DELETE", "/v1/blocks", NULL);

	assert_string_equal(answer.allow, "GET, HEAD, POST");
	answer_clear(&answer);
}

static void test_size_of_bodies(void **state)
{
	static const struct {
		size_t size;
		long status;
	} cases[] = {
		{64 << 10, 400}, /* read, and not JSON */
		{(64 << 10) + 1, 413},
		{1 << 20, 413},
		{8 << 20, 413},
	};
	struct host *host = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *body = calloc(1, cases[i].size);
		struct answer answer;

		memset(body, ' ', cases[i].size);
		answer = send_call(host, &(struct call){.method = "POST",
							.target = "/v1/blocks",
							.body = body,
							.size = cases[i].size});
		free(body);
		assert_int_equal(answer.status, cases[i].status);
		assert_non_null(strstr(text_of(answer.json, "message"), "body"));
		answer_clear(&answer);
	}
}

static void test_life_of_a_block(void **state)
{
	struct host *host = *state;
	struct answer answer;

	answer = expect(host, 200, "POST", "/v1/blocks",
			"{\"prefix\":\"192.0.2.1\",\"time\":600,\"reason\":\"by hand\"}");
	assert_string_equal(text_of(answer.json, "prefix"), "192.0.2.1/32");
	assert_string_equal(text_of(answer.json, "action"), "drop");
	assert_string_equal(text_of(answer.json, "state"), "blockedForSpam");
	assert_string_equal(text_of(answer.json, "reason"), "by hand");
	assert_true(number_of(answer.json, "time") == 600);
	assert_in_range(number_of(answer.json, "remaining"), 590, 600);
	assert_true(number_of(answer.json, "hit_packets") == 0);
	assert_string_equal(field(answer.json, "sources")->child->valuestring, "manual");
	answer_clear(&answer);

	answer = expect(host, 409, "POST", "/v1/blocks/192.0.2.1%2F32/unblock", "{}");
	assert_non_null(
		strstr(text_of(answer.json, "message"), "This IP address is still blocked for "));
	answer_clear(&answer);

	answer = expect(host, 200, "POST", "/v1/blocks/192.0.2.1/unblock", "{\"force\":true}");
	assert_string_equal(text_of(answer.json, "state"), "unblocked");
	assert_null_field(answer.json, "remaining");
	answer_clear(&answer);

	answer = expect(host, 404, "POST", "/v1/blocks/192.0.2.1/unblock", NULL);
	answer_clear(&answer);
}

static void test_list_and_its_filters(void **state)
{
	struct host *host = *state;
	struct answer answer;

	await_feeds(host);
	block(host, "{\"prefix\":\"2001:db8::1\"}");
	answer = expect(host, 200, "GET", "/v1/blocks", NULL);
	assert_string_equal(text_of(find(answer.json, "prefix", "2001:db8::/64"), "action"),
			    "drop");
	assert_string_equal(text_of(find(answer.json, "prefix", "192.0.2.53/32"), "action"),
			    "allow");
	answer_clear(&answer);
	answer =
		expect(host, 200, "GET", "/v1/blocks?in=192.0.2.0%2F25&state=blockedForSpam", NULL);
	assert_int_equal(cJSON_GetArraySize(answer.json), 1);
	assert_string_equal(text_of(answer.json->child, "prefix"), "192.0.2.66/32");
	answer_clear(&answer);
	answer = expect(host, 200, "GET", "/v1/blocks?state=unblocked", NULL);
	assert_int_equal(cJSON_GetArraySize(answer.json), 0);
	answer_clear(&answer);
}

/* Pages of @target, each of which names the next one; all rows behind each other. */
static void assert_pages(struct host *host, const char *target, size_t pages, const char *rows)
{
	char text[512] = "", next[128];

	snprintf(next, sizeof(next), "%s", target);
	for (; pages > 0; pages--) {
		struct answer answer = expect(host, 200, "GET", next, NULL);
		const cJSON *row;

		cJSON_ArrayForEach (row, answer.json) {
			const char *name =
				cJSON_IsString(row) ? row->valuestring : text_of(row, "prefix");

			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", name);
		}
		next[0] = '\0';
		sscanf(answer.link, "<%127[^>]>; rel=\"next\"", next);
		assert_int_equal(next[0] != '\0', pages > 1);
		answer_clear(&answer);
	}
	assert_string_equal(text, rows);
}

static void test_pages(void **state)
{
	struct host *host = *state;

	block(host, "{\"prefix\":\"192.0.2.1\"}");
	block(host, "{\"prefix\":\"192.0.2.2\"}");
	block(host, "{\"prefix\":\"192.0.2.3\"}");
	block(host, "{\"prefix\":\"2001:db8::1\"}");
	assert_pages(host, "/v1/blocks?in=192.0.2.0%2F26&limit=2", 2,
		     "192.0.2.1/32 192.0.2.2/32 192.0.2.3/32 192.0.2.53/32 ");
	assert_pages(host, "/v1/blocks?in=192.0.2.0%2F26&limit=2&state=blockedForSpam", 2,
		     "192.0.2.1/32 192.0.2.2/32 192.0.2.3/32 ");
	assert_pages(host, "/v1/blocks?in=192.0.2.0%2F26&after=192.0.2.2", 1,
		     "192.0.2.3/32 192.0.2.53/32 ");
	assert_pages(host, "/ip/192.0.2.0%2F26/spam?limit=1&state=blockedForSpam", 3,
		     "192.0.2.1 192.0.2.2 192.0.2.3 ");
	assert_pages(host, "/ip/::%2F0/spam?limit=1", 1, "2001:db8:: ");
}

static void test_a_listing_has_no_sentence(void **state)
{
	struct host *host = *state;
	struct answer answer;

	await_feeds(host);
	answer = expect(host, 200, "GET", "/v1/blocks/198.51.100.0%2F24", NULL);
	assert_string_equal(text_of(answer.json, "state"), "blockedForSpam");
	assert_string_equal(field(answer.json, "sources")->child->valuestring, "list");
	assert_null_field(answer.json, "score");
	assert_null_field(answer.json, "date");
	assert_null_field(answer.json, "time");
	assert_null_field(answer.json, "remaining");
	assert_null_field(answer.json, "offences");
	assert_null_field(answer.json, "reason");
	answer_clear(&answer);
	answer = expect(host, 409, "POST", "/v1/blocks/198.51.100.0%2F24/unblock",
			"{\"force\":true}");
	assert_non_null(strstr(text_of(answer.json, "message"), "list"));
	answer_clear(&answer);
}

static void test_show(void **state)
{
	struct host *host = *state;
	const cJSON *evidence;
	struct answer answer;

	await_feeds(host);
	answer = expect(host, 200, "GET", "/v1/blocks/192.0.2.66", NULL);
	assert_true(number_of(answer.json, "score") == 400);
	assert_true(number_of(answer.json, "offences") == 1);
	evidence = field(answer.json, "evidence")->child;
	assert_string_equal(text_of(evidence, "date"), "2013-11-28T12:16:32Z");
	assert_string_equal(text_of(evidence, "destination"), "203.0.113.25");
	assert_string_equal(text_of(evidence, "message_id"), "a@b");
	assert_true(number_of(evidence, "spam_score") == 300);
	assert_string_equal(text_of(evidence, "source"), "scorer");
	find(field(answer.json, "events"), "event", "blocked");
	assert_true(cJSON_IsArray(field(answer.json, "counters")));
	answer_clear(&answer);
}

static void test_check(void **state)
{
	struct host *host = *state;
	struct answer answer;

	block(host, "{\"prefix\":\"192.0.2.1\",\"time\":600}");
	answer = expect(host, 200, "GET", "/v1/check?source=192.0.2.1", NULL);
	assert_string_equal(text_of(answer.json, "verdict"), "drop");
	assert_string_equal(text_of(answer.json, "prefix"), "192.0.2.1/32");
	assert_in_range(number_of(answer.json, "remaining"), 590, 600);
	answer_clear(&answer);
	answer = expect(host, 200, "GET", "/v1/check?source=192.0.2.2&destination=203.0.113.9",
			NULL);
	assert_string_equal(text_of(answer.json, "verdict"), "pass");
	assert_string_equal(text_of(answer.json, "destination"), "203.0.113.9");
	answer_clear(&answer);
}

static void test_allowlist(void **state)
{
	struct host *host = *state;
	struct answer answer;

	answer = expect(host, 200, "POST", "/v1/allow",
			"{\"prefix\":\"192.0.2.7\",\"reason\":\"a \\u001b[31mrelay\"}");
	assert_string_equal(text_of(answer.json, "origin"), "manual");
	assert_string_equal(text_of(answer.json, "reason"), "a ?[31mrelay");
	answer_clear(&answer);
	answer = expect(host, 409, "POST", "/v1/allow", "{\"prefix\":\"192.0.2.7\"}");
	answer_clear(&answer);
	answer = expect(host, 200, "GET", "/v1/allow", NULL);
	assert_int_equal(cJSON_GetArraySize(answer.json), 2);
	assert_null_field(find(answer.json, "origin", "config"), "added");
	assert_string_equal(text_of(find(answer.json, "origin", "manual"), "prefix"),
			    "192.0.2.7/32");
	answer_clear(&answer);
	answer = expect(host, 200, "DELETE", "/v1/allow/192.0.2.7%2F32", NULL);
	answer_clear(&answer);
	answer = expect(host, 200, "GET", "/v1/allow", NULL);
	assert_int_equal(cJSON_GetArraySize(answer.json), 1);
	answer_clear(&answer);
}

static void test_mode(void **state)
{
	struct host *host = *state;
	struct answer answer;

	answer = expect(host, 200, "PUT", "/v1/mode", "{\"mode\":\"monitor\"}");
	assert_string_equal(text_of(answer.json, "mode"), "monitor");
	answer_clear(&answer);
	answer = expect(host, 200, "GET", "/v1/status", NULL);
	assert_string_equal(text_of(answer.json, "mode"), "monitor");
	assert_true(cJSON_IsFalse(field(answer.json, "enforcing")));
	answer_clear(&answer);
}

static void test_events(void **state)
{
	struct host *host = *state;
	struct answer answer;
	const cJSON *event;
	char target[64];

	await_feeds(host);
	block(host, "{\"prefix\":\"192.0.2.1\"}");
	answer = expect(host, 200, "GET", "/v1/events?limit=1", NULL);
	assert_int_equal(cJSON_GetArraySize(answer.json), 1);
	event = answer.json->child;
	assert_string_equal(text_of(event, "event"), "blocked");
	assert_string_equal(text_of(event, "prefix"), "192.0.2.1/32");
	assert_string_equal(text_of(event, "state"), "blockedForSpam");
	assert_int_equal(cJSON_GetArraySize(field(event, "evidence")), 0);
	snprintf(target, sizeof(target), "/v1/events?after=%.0f", number_of(event, "id"));
	answer_clear(&answer);
	answer = expect(host, 200, "GET", target, NULL);
	assert_int_equal(cJSON_GetArraySize(answer.json), 0);
	answer_clear(&answer);
	answer = expect(host, 200, "GET", "/v1/events?after=0", NULL);
	event = find(answer.json, "prefix", "192.0.2.66/32");
	assert_int_equal(cJSON_GetArraySize(field(event, "evidence")), 1);
	answer_clear(&answer);
}

static void test_version(void **state)
{
	struct answer answer = expect(*state, 200, "GET", "/v1/version", NULL);

	assert_string_equal(text_of(answer.json, "version"), SMTPFENCE_VERSION);
	assert_int_equal(strlen(text_of(answer.json, "schema")), 16);
	assert_true(number_of(answer.json, "pid") == getpid());
	answer_clear(&answer);
}

static void test_interfaces_and_counters(void **state)
{
	struct host *host = *state;
	struct answer answer = expect(host, 200, "GET", "/v1/interfaces", NULL);

	assert_int_equal(cJSON_GetArraySize(answer.json), 1);
	assert_string_equal(text_of(answer.json->child, "name"), "guest0");
	assert_string_equal(text_of(answer.json->child, "role"), "guest");
	assert_string_equal(text_of(answer.json->child, "hook"), "tc-ingress");
	assert_true(cJSON_IsTrue(field(answer.json->child, "covered")));
	answer_clear(&answer);
	answer = expect(host, 200, "GET", "/v1/counters?sort=bytes&top=3", NULL);
	assert_true(cJSON_IsArray(answer.json));
	answer_clear(&answer);
}

static void test_risk(void **state)
{
	struct host *host = *state;
	struct answer answer;
	const cJSON *row;

	block(host, "{\"prefix\":\"203.0.113.7\"}");
	block(host, "{\"prefix\":\"203.0.113.8\"}");
	block(host, "{\"prefix\":\"2001:db8:1::7\"}");
	await_feeds(host);
	answer = expect(host, 200, "GET", "/v1/risk", NULL);
	assert_int_equal(cJSON_GetArraySize(answer.json), 3);
	row = answer.json->child; /* worst first */
	assert_string_equal(text_of(row, "range"), "203.0.113.0/24");
	assert_true(cJSON_IsTrue(field(row, "shared")));
	assert_true(number_of(row, "blocked_now") == 2);
	assert_true(number_of(row, "blocked_30d") == 2);
	assert_true(number_of(row, "spams") == 0);
	assert_true(number_of(row, "sources") == 0);
	assert_true(number_of(row, "ports") == 0);
	assert_true(number_of(row, "packets") == 0);
	assert_true(number_of(row, "bytes") == 0);
	assert_true(number_of(row, "attempts") == 0);
	row = row->next;
	assert_string_equal(text_of(row, "range"), "192.0.2.0/24");
	assert_true(number_of(row, "blocked_now") == 1);
	assert_true(cJSON_IsFalse(field(row, "shared")));
	assert_string_equal(text_of(row->next, "range"), "2001:db8:1::/64");
	answer_clear(&answer);
	answer = expect(host, 200, "GET", "/v1/risk?top=1", NULL);
	assert_int_equal(cJSON_GetArraySize(answer.json), 1);
	answer_clear(&answer);
}

static void test_status_and_health(void **state)
{
	struct host *host = *state;
	const cJSON *feed;
	struct answer answer;

	await_feeds(host);
	answer = expect(host, 200, "GET", "/v1/status", NULL);
	assert_true(cJSON_IsTrue(field(answer.json, "enforcing")));
	assert_true(cJSON_IsFalse(field(answer.json, "degraded")));
	assert_true(number_of(field(answer.json, "interfaces"), "covered") == 1);
	feed = find(field(answer.json, "feeds"), "name", "scorer");
	assert_string_equal(text_of(feed, "state"), "ok");
	assert_true(number_of(feed, "serial") == 7);
	assert_true(number_of(feed, "records") == 1);
	assert_null_field(feed, "error");
	assert_true(number_of(find(field(answer.json, "maps"), "name", "blocks"), "entries") == 1);
	assert_true(number_of(answer.json, "drift") == 0);
	assert_string_equal(text_of(answer.json, "version"), SMTPFENCE_VERSION);
	answer_clear(&answer);

	answer = send_call(host, &(struct call){.method = "GET", .target = "/healthz"});
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.text, "ok\n");
	answer_clear(&answer);
}

static void assert_problem(struct host *host, const char *part)
{
	struct answer answer = expect(host, 200, "GET", "/v1/status", NULL);
	const cJSON *problem;
	bool found = false;

	assert_true(cJSON_IsTrue(field(answer.json, "degraded")));
	cJSON_ArrayForEach (problem, field(answer.json, "problems"))
		found |= strstr(problem->valuestring, part) != NULL;
	if (!found)
		fail_msg("no problem with \"%s\": %s", part, answer.text);
	answer_clear(&answer);
	answer = send_call(host, &(struct call){.method = "GET", .target = "/healthz"});
	assert_int_equal(answer.status, 503);
	assert_non_null(strstr(answer.text, part));
	answer_clear(&answer);
}

static void test_a_refused_feed_is_a_problem(void **state)
{
	struct host *host = *state;

	await_feeds(host);
	assert_int_equal(write_file(host, "list", "nonsense\n"), 0);
	feeds_sync(host->feeds, "list");
	for (int i = 0; i < 1000 && feeds_report(host->feeds, 1).state != FEED_ERROR; i++)
		turn(host);
	assert_problem(host, "feed list: error: ");
}

static void test_what_the_daemon_knows_is_a_problem(void **state)
{
	static const char *const problems[] = {"the last reload failed: line 7"};
	struct host *host = *state;
	struct api_context context = context_of(host);

	context.problems = problems;
	context.problem_count = 1;
	api_reconfigure(host->api, &context);
	assert_problem(host, problems[0]);
}

static void test_a_full_map(void **state)
{
	struct host *host = *state;
	struct answer answer;
	char body[64];

	for (unsigned int i = 0; i < 8; i++) {
		snprintf(body, sizeof(body), "{\"prefix\":\"192.0.2.%u\"}", 100 + i);
		answer = send_call(
			host,
			&(struct call){.method = "POST", .target = "/v1/blocks", .body = body});
		answer_clear(&answer);
	}
	answer = expect(host, 507, "POST", "/v1/blocks", "{\"prefix\":\"192.0.2.99\"}");
	assert_non_null(strstr(text_of(answer.json, "message"), "limits"));
	answer_clear(&answer);
	assert_problem(host, "map blocks holds 8 of at most 8 entries");
	assert_problem(host, "not in force");
}

static void test_an_uncovered_interface_is_a_problem(void **state)
{
	struct host *host = *state;

	assert_int_equal(system("ip link del guest0"), 0);
	for (int i = 0; i < 1000 && fence_interface_count(host->fence) > 0; i++)
		turn(host);
	assert_problem(host, "no interface is covered");
}

static double sample_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	if (!at)
		fail_msg("not there: %s", name);
	return at ? strtod(at + strlen(name), NULL) : 0;
}

/* No change takes longer than the last bucket: it has them all, if buckets are summed up. */
static void assert_buckets_are_cumulative(const char *text)
{
	double count = sample_of(text, "smtpfence_apply_seconds_count ");
	char last[64];

	snprintf(last, sizeof(last), "smtpfence_apply_seconds_bucket{le=\"%g\"} ",
		 ledger_buckets[ARRAY_SIZE(ledger_buckets) - 1]);
	assert_true(count > 0);
	assert_true(sample_of(text, last) == count);
}

static void test_metrics(void **state)
{
	static const char *const lines[] = {
		"smtpfence_build_info{version=\"",
		"smtpfence_enforcing 1\n",
		"smtpfence_packets_total{verdict=\"drop\",family=\"ipv4\"} 0\n",
		"smtpfence_bytes_total{verdict=\"pass\",family=\"ipv6\"} 0\n",
		"smtpfence_connection_attempts_total{verdict=\"drop\",family=\"ipv6\"} 0\n",
		"smtpfence_frames_total{reason=\"blocked_malformed\"} 0\n",
		"smtpfence_blocks{state=\"blockedForSpam\",family=\"ipv4\"} 2\n",
		"smtpfence_blocks{state=\"unblocking\",family=\"ipv6\"} 0\n",
		"smtpfence_transitions_total{to=\"blockedForSpam\"} ",
		"smtpfence_feed_last_success_timestamp_seconds{feed=\"scorer\"} 1",
		"smtpfence_feed_errors_total{feed=\"list\",kind=\"parse\"} 0\n",
		"smtpfence_feed_records{feed=\"list\"} 1\n",
		"smtpfence_feed_held{feed=\"scorer\"} 0\n",
		"smtpfence_map_entries{map=\"blocks\"} 1\n",
		"smtpfence_map_max_entries{map=\"blocks\"} 8\n",
		"smtpfence_drift_total{kind=\"missing\"} 0\n",
		"smtpfence_interface_covered{interface=\"guest0\",hook=\"tc-ingress\"} 1\n",
		"# TYPE smtpfence_apply_seconds histogram\n",
		"smtpfence_apply_seconds_bucket{le=\"+Inf\"} ",
	};
	struct host *host = *state;
	struct answer answer;

	await_feeds(host);
	answer = send_call(host, &(struct call){.method = "GET", .target = LISTENER "/metrics"});
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.type, "text/plain; version=0.0.4");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!strstr(answer.text, lines[i]))
			fail_msg("not there: %s\n%s", lines[i], answer.text);
	}
	assert_buckets_are_cumulative(answer.text);
	answer_clear(&answer);
}

static void test_the_listener_serves_only_what_is_public(void **state)
{
	struct host *host = *state;
	struct answer answer;

	answer = expect(host, 404, "GET", LISTENER "/v1/status", NULL);
	answer_clear(&answer);
	answer = expect(host, 404, "POST", LISTENER "/v1/unload", NULL);
	answer_clear(&answer);
	answer = expect(host, 405, "POST", LISTENER "/metrics", NULL);
	assert_string_equal(answer.allow, "GET, HEAD");
	answer_clear(&answer);
	answer = send_call(host, &(struct call){.method = "HEAD", .target = LISTENER "/healthz"});
	assert_true(answer.status == 200 || answer.status == 503);
	assert_int_equal(answer.size, 0);
	answer_clear(&answer);
}

static void test_strangers_are_refused(void **state)
{
	struct host *host = *state;

	/* Past the socket's mode, which alone would keep them out. */
	assert_int_equal(chmod(host->socket, 0666), 0);
	assert_answered_as(host, NULL, 0, &(struct call){"GET", "/v1/status", NULL, 0, NULL}, 403);
	assert_answered_as(host, (gid_t[]){1, 2}, 2,
			   &(struct call){"PUT", "/v1/mode", "{\"mode\":\"monitor\"}", 0, NULL},
			   403);
	assert_answered_as(host, NULL, 0, &(struct call){"GET", "/nowhere", NULL, 0, NULL}, 403);
	assert_int_equal(fence_mode(host->fence), SMTPFENCE_MODE_ENFORCE);
}

static void test_members_of_the_group_are_served(void **state)
{
	struct host *host = *state;
	const gid_t groups[] = {1, getgrnam(GROUP)->gr_gid};

	assert_answered_as(host, groups, 2, &(struct call){"GET", "/v1/status", NULL, 0, NULL},
			   200);
	assert_answered_as(host, groups, 2,
			   &(struct call){"PUT", "/v1/mode", "{\"mode\":\"monitor\"}", 0, NULL},
			   200);
	assert_int_equal(fence_mode(host->fence), SMTPFENCE_MODE_MONITOR);
}

static void test_unload_is_for_root(void **state)
{
	struct host *host = *state;
	const gid_t group = getgrnam(GROUP)->gr_gid;
	struct answer answer;

	assert_answered_as(host, &group, 1, &(struct call){"POST", "/v1/unload", NULL, 0, NULL},
			   403);
	assert_false(host->unloaded);
	answer = expect(host, 200, "POST", "/v1/unload", NULL);
	assert_true(host->unloaded);
	answer_clear(&answer);
}

static void test_the_socket_goes_with_the_api(void **state)
{
	struct host *host = *state;

	assert_int_equal(access(host->socket, F_OK), 0);
	api_free(STEAL(host->api));
	assert_int_equal(access(host->socket, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_refusals),
		TEST(test_allow_header),
		TEST(test_size_of_bodies),
		TEST(test_life_of_a_block),
		TEST(test_list_and_its_filters),
		TEST(test_pages),
		TEST(test_a_listing_has_no_sentence),
		TEST(test_show),
		TEST(test_check),
		TEST(test_allowlist),
		TEST(test_mode),
		TEST(test_events),
		TEST(test_version),
		TEST(test_interfaces_and_counters),
		TEST(test_risk),
		TEST(test_status_and_health),
		TEST(test_a_refused_feed_is_a_problem),
		TEST(test_what_the_daemon_knows_is_a_problem),
		TEST(test_a_full_map),
		TEST(test_an_uncovered_interface_is_a_problem),
		TEST(test_metrics),
		TEST(test_the_listener_serves_only_what_is_public),
		TEST(test_strangers_are_refused),
		TEST(test_members_of_the_group_are_served),
		TEST(test_unload_is_for_root),
		TEST(test_the_socket_goes_with_the_api),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
