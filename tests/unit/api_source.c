/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One source on one page: what decides over its mail, and what the next offence costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/prefix.h"
#include "lib/api_host.h"

static struct answer show(struct host *host, const char *ip)
{
	char target[128];

	snprintf(target, sizeof(target), "/v1/blocks/%s", ip);
	return expect(host, 200, "GET", target, NULL);
}

static void allow(struct host *host, const char *prefix)
{
	struct answer answer;
	char body[128];

	snprintf(body, sizeof(body), "{\"prefix\":\"%s\"}", prefix);
	answer = expect(host, 200, "POST", "/v1/allow", body);
	answer_clear(&answer);
}

static void assert_verdict(const struct answer *answer, const char *prefix, const char *state,
			   const char *verdict)
{
	assert_string_equal(text_of(answer->json, "prefix"), prefix);
	assert_string_equal(text_of(answer->json, "state"), state);
	assert_string_equal(text_of(answer->json, "verdict"), verdict);
}

static void assert_cover(const struct answer *answer, const char *prefix, const char *action,
			 const char *source)
{
	const cJSON *cover = field(answer->json, "covered_by");

	assert_string_equal(text_of(cover, "prefix"), prefix);
	assert_string_equal(text_of(cover, "action"), action);
	assert_string_equal(field(cover, "sources")->child->valuestring, source);
}

static void test_blocked_itself(void **state)
{
	struct host *host = *state;
	struct answer answer;

	block(host, "{\"prefix\":\"192.0.2.7\"}");
	answer = show(host, "192.0.2.7");
	assert_verdict(&answer, "192.0.2.7/32", "blockedForSpam", "drop");
	assert_null_field(answer.json, "covered_by");
	assert_string_equal(text_of(answer.json, "release"), "automatic");
	assert_true(number_of(answer.json, "next_time") == 7200); /* 4h, capped by max */
	assert_true(number_of(answer.json, "hit_attempts") == 0);
	answer_clear(&answer);

	answer = expect(host, 200, "PUT", "/v1/mode", "{\"mode\":\"monitor\"}");
	answer_clear(&answer);
	answer = show(host, "192.0.2.7");
	assert_verdict(&answer, "192.0.2.7/32", "blockedForSpam", "pass");
	answer_clear(&answer);
	answer = expect(host, 200, "POST", "/v1/blocks/192.0.2.7/unblock", "{\"forgive\":true}");
	answer_clear(&answer);
	answer = show(host, "192.0.2.7");
	assert_verdict(&answer, "192.0.2.7/32", "unblocked", "pass");
	assert_null_field(answer.json, "release");
	assert_true(number_of(answer.json, "next_time") == 3600);
	answer_clear(&answer);
}

static void test_on_request(void **state)
{
	struct host *host = *state;
	struct answer answer;

	host->config->policy.release = CONFIG_RELEASE_ON_REQUEST;
	block(host, "{\"prefix\":\"192.0.2.7\"}");
	answer = show(host, "192.0.2.7");
	assert_string_equal(text_of(answer.json, "release"), "on-request");
	answer_clear(&answer);
}

static void test_covered_by_a_wider_block(void **state)
{
	struct host *host = *state;
	struct answer answer;

	await_feeds(host);
	answer = show(host, "198.51.100.7");
	assert_verdict(&answer, "198.51.100.7/32", "unblocked", "drop");
	assert_cover(&answer, "198.51.100.0/24", "drop", "list");
	assert_string_equal(text_of(answer.json, "action"), "drop");
	assert_null_field(answer.json, "offences");
	assert_true(number_of(answer.json, "next_time") == 3600);
	answer_clear(&answer);

	block(host, "{\"prefix\":\"2001:db8:1::/48\"}");
	answer = show(host, "2001:db8:1:2::3");
	assert_verdict(&answer, "2001:db8:1:2::/64", "unblocked", "drop");
	assert_cover(&answer, "2001:db8:1::/48", "drop", "manual");
	answer_clear(&answer);
}

/* Of two that are blocked, the narrower decides; one that ended does not. */
static void test_covered_after_its_own_sentence(void **state)
{
	struct host *host = *state;
	struct answer answer;

	await_feeds(host);
	block(host, "{\"prefix\":\"198.51.100.7\"}");
	answer = show(host, "198.51.100.7");
	assert_verdict(&answer, "198.51.100.7/32", "blockedForSpam", "drop");
	assert_null_field(answer.json, "covered_by");
	answer_clear(&answer);
	answer = expect(host, 200, "POST", "/v1/blocks/198.51.100.7/unblock", "{\"force\":true}");
	answer_clear(&answer);
	answer = show(host, "198.51.100.7");
	assert_verdict(&answer, "198.51.100.7/32", "unblocked", "drop");
	assert_cover(&answer, "198.51.100.0/24", "drop", "list");
	assert_true(number_of(answer.json, "offences") == 1);
	answer_clear(&answer);
}

static void test_allowed(void **state)
{
	struct host *host = *state;
	struct answer answer;

	await_feeds(host);
	answer = show(host, "192.0.2.53");
	assert_verdict(&answer, "192.0.2.53/32", "unblocked", "pass");
	assert_string_equal(text_of(answer.json, "action"), "allow");
	assert_null_field(answer.json, "covered_by");
	answer_clear(&answer);

	/* By something wider, inside of a block. */
	allow(host, "198.51.100.0/28");
	answer = show(host, "198.51.100.7");
	assert_verdict(&answer, "198.51.100.7/32", "unblocked", "pass");
	assert_cover(&answer, "198.51.100.0/28", "allow", "manual");
	assert_string_equal(text_of(answer.json, "action"), "allow");
	answer_clear(&answer);
	answer = show(host, "198.51.100.16");
	assert_verdict(&answer, "198.51.100.16/32", "unblocked", "drop");
	answer_clear(&answer);

	/* One address of a /64 that is blocked. */
	block(host, "{\"prefix\":\"2001:db8:0:7::1\"}");
	allow(host, "2001:db8:0:7::25");
	answer = show(host, "2001:db8:0:7::25");
	assert_verdict(&answer, "2001:db8:0:7::25/128", "unblocked", "pass");
	answer_clear(&answer);
	answer = show(host, "2001:db8:0:7::26");
	assert_verdict(&answer, "2001:db8:0:7::/64", "blockedForSpam", "drop");
	answer_clear(&answer);
}

static struct smtpfence_prefix prefix_of(const char *text)
{
	struct smtpfence_prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

/* What may be refused (there already, not there, on the allowlist) is refused; the rest is done. */
static void change_something(struct host *host, const struct smtpfence_prefix *prefix)
{
	const struct ledger_block_request order = {.prefix = *prefix, .time = 600, .force = true};
	const struct ledger_unblock_request end = {.prefix = *prefix, .force = true};
	const struct ledger_actor root = {};

	switch (rand() % 4) {
	case 0:
		ledger_block(host->ledger, &order, &root, NULL, NULL);
		break;
	case 1:
		ledger_unblock(host->ledger, &end, &root, NULL, NULL);
		break;
	case 2:
		ledger_allow_add(host->ledger, prefix, NULL, &root, NULL);
		break;
	default:
		ledger_allow_remove(host->ledger, prefix, &root, NULL);
	}
}

static bool store_drops(struct host *host, const struct smtpfence_prefix *address)
{
	struct ledger_row row;

	return ledger_decides(host->ledger, address, &row, NULL) == 0 &&
	       row.action == SMTPFENCE_ACTION_DROP && row.state == SENTENCE_BLOCKED;
}

static bool kernel_drops(struct host *host, const struct smtpfence_prefix *address)
{
	const struct smtpfence_prefix destination = counters_check_destination(address);
	struct smtpfence_answer answer;

	assert_int_equal(counters_check(host->counters, address, &destination, &answer, NULL), 0);
	return answer.verdict == SMTPFENCE_DROP;
}

/* Blocks, lists and allowlist entries in each other, as they come: the loaded program agrees. */
static void test_the_kernel_does_what_is_said_of_it(void **state)
{
	static const char *const prefixes[] = {
		"192.0.2.0/24",	  "192.0.2.0/28",      "192.0.2.0/31",	"192.0.2.0",
		"192.0.2.1",	  "2001:db8:0:7::/64", "2001:db8::/48", "2001:db8:0:7::/127",
		"2001:db8:0:7::", "2001:db8:0:7::1"};
	static const char *const addresses[] = {
		"192.0.2.0",	   "192.0.2.1",	     "192.0.2.2",      "192.0.2.53",
		"192.0.2.66",	   "198.51.100.7",   "2001:db8:0:7::", "2001:db8:0:7::1",
		"2001:db8:0:7::2", "2001:db8:0:8::1"};
	struct host *host = *state;
	size_t dropped = 0, passed = 0;

	await_feeds(host);
	srand(4);
	for (int i = 0; i < 300; i++) {
		struct smtpfence_prefix prefix =
			prefix_of(prefixes[(size_t)rand() % ARRAY_SIZE(prefixes)]);

		change_something(host, &prefix);
		for (size_t k = 0; k < ARRAY_SIZE(addresses); k++) {
			struct smtpfence_prefix address = prefix_of(addresses[k]);
			bool drops = store_drops(host, &address);

			if (drops != kernel_drops(host, &address))
				fail_msg("after %d changes: %s: the store says %s", i + 1,
					 addresses[k], drops ? "drop" : "pass");
			dropped += drops;
			passed += !drops;
		}
	}
	assert_true(dropped > 500 && passed > 500);
}

static void test_unknown(void **state)
{
	struct host *host = *state;
	struct answer answer = expect(host, 404, "GET", "/v1/blocks/192.0.2.8", NULL);

	assert_string_equal(text_of(answer.json, "message"),
			    "192.0.2.8/32: nothing is known of it");
	answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_blocked_itself),
		TEST(test_on_request),
		TEST(test_covered_by_a_wider_block),
		TEST(test_covered_after_its_own_sentence),
		TEST(test_allowed),
		TEST(test_the_kernel_does_what_is_said_of_it),
		TEST(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
