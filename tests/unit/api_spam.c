/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OVHcloud's four calls: names, types, order of fields, and who is found where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

#include <bpf/bpf.h>

#include "base/clock.h"
#include "base/prefix.h"
#include "lib/api_host.h"

#define IPV4  "/ip/192.0.2.0%2F24/spam"
#define BLOCK "/ip/192.0.2.0%2F27/spam" /* nobody of the scorer's feed is in it */
#define IPV6  "/ip/2001:db8::%2F48/spam"

static struct answer get(struct host *host, const char *target)
{
	return expect(host, 200, "GET", target, NULL);
}

static void assert_body(struct host *host, const char *target, const char *body)
{
	struct answer answer = get(host, target);

	assert_string_equal(answer.text, body);
	answer_clear(&answer);
}

static void assert_refused(struct host *host, long status, const char *method, const char *target,
			   const char *message)
{
	struct answer answer = expect(host, status, method, target, NULL);

	if (!strstr(text_of(answer.json, "message"), message))
		fail_msg("%s: %s", target, answer.text);
	answer_clear(&answer);
}

static void unblock(struct host *host, const char *prefix)
{
	struct answer answer;
	char target[128];

	snprintf(target, sizeof(target), "/v1/blocks/%s/unblock", prefix);
	answer = expect(host, 200, "POST", target, "{\"force\":true}");
	answer_clear(&answer);
}

static struct sentence sentence_of(struct host *host, const char *text)
{
	struct smtpfence_prefix prefix;
	struct sentence sentence;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	assert_int_equal(store_get_sentence(host->store, &prefix, &sentence, NULL), 0);
	return sentence;
}

static void test_a_spam_ip(void **state)
{
	struct host *host = *state;
	char date[TIME_TEXT_MAX], body[256], *end;

	setenv("TZ", "CET-1", 1);
	tzset();
	block(host, "{\"prefix\":\"192.0.2.7\",\"time\":600}");
	time_format_local(sentence_of(host, "192.0.2.7").date, date);
	assert_string_equal(date + 19, "+01:00");
	snprintf(body, sizeof(body),
		 "{\"time\":600,\"date\":\"%s\",\"ipSpamming\":\"192.0.2.7\","
		 "\"state\":\"blockedForSpam\"}",
		 date);
	assert_body(host, IPV4 "/192.0.2.7", body);
	assert_body(host, "/ip/192.0.2.7/spam/192.0.2.7", body);
	unblock(host, "192.0.2.7");
	end = strstr(body, "blockedForSpam");
	snprintf(end, sizeof(body) - (size_t)(end - body), "unblocked\"}");
	assert_body(host, IPV4 "/192.0.2.7", body);
}

static void test_the_list(void **state)
{
	struct host *host = *state;

	assert_body(host, BLOCK, "[]");
	block(host, "{\"prefix\":\"192.0.2.7\"}");
	block(host, "{\"prefix\":\"192.0.2.9\"}");
	block(host, "{\"prefix\":\"192.0.2.16/28\"}"); /* by hand: no source */
	block(host, "{\"prefix\":\"198.51.100.1\"}");
	unblock(host, "192.0.2.9");
	assert_body(host, BLOCK, "[\"192.0.2.7\",\"192.0.2.9\"]");
	assert_body(host, BLOCK "?state=blockedForSpam", "[\"192.0.2.7\"]");
	assert_body(host, BLOCK "?state=unblocked", "[\"192.0.2.9\"]");
	assert_body(host, BLOCK "?state=unblocking", "[]");
	assert_body(host, "/ip/192.0.2.8%2F30/spam", "[\"192.0.2.9\"]");
	assert_body(host, "/ip/192.0.2.7/spam", "[\"192.0.2.7\"]");
}

/* OVHcloud's own example asks for 122.122.122.121/28. */
static void test_bits_behind_the_length_of_a_block(void **state)
{
	struct host *host = *state;

	block(host, "{\"prefix\":\"192.0.2.7\"}");
	assert_body(host, "/ip/192.0.2.1%2F28/spam", "[\"192.0.2.7\"]");
	assert_body(host, "/ip/192.0.2.17%2F28/spam", "[]");
}

static void test_an_ipv6_unit(void **state)
{
	struct host *host = *state;
	struct answer answer;

	block(host, "{\"prefix\":\"2001:db8:0:7::1\"}");
	assert_body(host, IPV6, "[\"2001:db8:0:7::\"]");
	assert_body(host, "/ip/2001:db8:0:7::99/spam", "[\"2001:db8:0:7::\"]");
	assert_body(host, "/ip/2001:db8:0:8::99/spam", "[]");
	answer = get(host, IPV6 "/2001:db8:0:7:ffff::5");
	assert_string_equal(text_of(answer.json, "ipSpamming"), "2001:db8:0:7::");
	answer_clear(&answer);
	answer = get(host, IPV6 "/2001:db8:0:7::");
	assert_string_equal(text_of(answer.json, "ipSpamming"), "2001:db8:0:7::");
	answer_clear(&answer);
	answer = get(host, IPV6 "/2001:db8:0:7::%2F64");
	assert_string_equal(text_of(answer.json, "ipSpamming"), "2001:db8:0:7::");
	answer_clear(&answer);
	assert_refused(host, 404, "GET", IPV6 "/2001:db8:0:8::1", "never been blocked");
}

static void test_who_is_not_found(void **state)
{
	struct host *host = *state;

	block(host, "{\"prefix\":\"192.0.2.7\"}");
	block(host, "{\"prefix\":\"203.0.113.0/24\"}");
	assert_refused(host, 404, "GET", IPV4 "/192.0.2.8", "192.0.2.8 has never been blocked");
	assert_refused(host, 404, "GET", "/ip/198.51.100.0%2F24/spam/192.0.2.7",
		       "192.0.2.7 is not in 198.51.100.0/24");
	assert_refused(host, 404, "POST", "/ip/2001:db8::%2F32/spam/192.0.2.7/unblock",
		       "192.0.2.7 is not in 2001:db8::/32");
	assert_refused(host, 404, "GET", IPV4 "/198.51.100.1/stats", "is not in 192.0.2.0/24");
	assert_refused(host, 404, "GET", "/ip/203.0.113.0%2F24/spam/203.0.113.9", "never");
	assert_refused(host, 404, "GET", "/ip/192.0.2.0/24/spam", "no such resource");
	assert_refused(host, 404, "GET", "/ip//spam", "no such resource");
}

static void test_bad_requests(void **state)
{
	struct host *host = *state;

	assert_refused(host, 400, "GET", "/ip/nonsense/spam", "block: \"nonsense\"");
	assert_refused(host, 400, "GET", "/ip/192.0.2.0%2F33/spam", "block: \"192.0.2.0/33\"");
	assert_refused(host, 400, "GET", IPV4 "?state=dead", "state: \"dead\"");
	assert_refused(host, 400, "GET", IPV4 "?stat=unblocked", "\"stat\"");
	assert_refused(host, 400, "GET", IPV4 "/nonsense", "ip: \"nonsense\"");
	assert_refused(host, 400, "GET", IPV4 "/192.0.2.0%2F28", "not one address");
	assert_refused(host, 400, "GET", IPV4 "/192.0.2.7%00/stats", "NUL");
	assert_refused(host, 400, "GET", IPV4 "/192.0.2.7/stats?from=yesterday", "from: ");
	assert_refused(host, 400, "GET", IPV4 "/192.0.2.7/stats?to=2022-08-29", "to: ");
	assert_refused(host, 405, "GET", IPV4 "/192.0.2.7/unblock", "only POST");
	assert_refused(host, 405, "POST", IPV4 "/192.0.2.7", "only GET");
}

static void test_unblock(void **state)
{
	static const char target[] = IPV4 "/192.0.2.7/unblock";
	struct host *host = *state;
	struct answer answer;

	block(host, "{\"prefix\":\"192.0.2.7\",\"time\":600}");
	assert_refused(host, 409, "POST", target, "This IP address is still blocked for 600 sec");
	answer = expect(host, 400, "POST", target, "{\"force\":true}");
	answer_clear(&answer);
	unblock(host, "192.0.2.7");
	for (int i = 0; i < 2; i++) {
		answer = expect(host, 200, "POST", target, i ? NULL : "{}");
		assert_string_equal(text_of(answer.json, "state"), "unblocked");
		answer_clear(&answer);
	}
}

/* A frozen map is one whose entries cannot be taken away: it goes on unblocking. */
static void test_asking_again_while_unblocking(void **state)
{
	static const char target[] = IPV4 "/192.0.2.7/unblock";
	struct host *host = *state;
	struct answer answer;
	char path[128];
	int fd;

	block(host, "{\"prefix\":\"192.0.2.7\",\"time\":600}");
	snprintf(path, sizeof(path), "%s/blocks", host->config->bpffs);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	assert_int_equal(bpf_map_freeze(fd), 0);
	close(fd);
	unblock(host, "192.0.2.7");
	for (int i = 0; i < 2; i++) {
		answer = expect(host, 200, "POST", target, NULL);
		assert_string_equal(text_of(answer.json, "state"), "unblocking");
		answer_clear(&answer);
	}
	answer = expect(host, 200, "GET", "/v1/notice/192.0.2.7", NULL);
	assert_non_null(strstr(text_of(answer.json, "text"), "\nIt is ending right now.\n"));
	assert_null(strstr(text_of(answer.json, "text"), "By itself"));
	answer_clear(&answer);
}

static const cJSON *mail_of(const cJSON *element, int index)
{
	return cJSON_GetArrayItem(field(element, "detectedSpams"), index);
}

static void test_statistics(void **state)
{
	struct host *host = *state;
	const cJSON *element, *mail;
	struct answer answer;
	char body[512];

	await_feeds(host);
	answer = get(host, IPV4 "/192.0.2.66/stats");
	snprintf(body, sizeof(body),
		 "[{\"timestamp\":%lld,\"total\":1,\"numberOfSpams\":1,\"averageSpamscore\":300,"
		 "\"detectedSpams\":[{\"date\":1385640992,\"destinationIp\":\"203.0.113.25\","
		 "\"messageId\":\"a@b\",\"spamscore\":300}]}]",
		 (long long)sentence_of(host, "192.0.2.66").date);
	assert_string_equal(answer.text, body);
	answer_clear(&answer);
	block(host, "{\"prefix\":\"192.0.2.7\"}");
	answer = get(host, IPV4 "/192.0.2.7/stats");
	element = answer.json->child;
	assert_true(number_of(element, "total") == 0);
	assert_true(number_of(element, "numberOfSpams") == 0);
	assert_null_field(element, "averageSpamscore");
	mail = mail_of(element, 0);
	assert_null(mail);
	answer_clear(&answer);
}

static void add_mail(struct host *host, const char *source, int64_t date, uint32_t score)
{
	struct smtpfence_prefix prefix;
	struct evidence mail = {.date = date, .message_id = (char[]){"m"}, .spam_score = score};

	assert_int_equal(prefix_parse(source, &prefix), 0);
	assert_int_equal(store_add_evidence(host->store, &prefix, "scorer", &mail, 1, NULL), 1);
}

static void add_event(struct host *host, const char *source, const char *event, int64_t ts)
{
	struct audit audit = {.ts = ts, .has_prefix = true};

	assert_int_equal(prefix_parse(source, &audit.prefix), 0);
	snprintf(audit.event, sizeof(audit.event), "%s", event);
	assert_int_equal(store_add_audit(host->store, &audit, NULL), 0);
}

/* Two sentences that are over, told by the audit trail, and one that runs. */
static void make_history(struct host *host)
{
	add_event(host, "192.0.2.7", "blocked", 1000);
	add_event(host, "192.0.2.7", "unblocking", 1100);
	add_event(host, "192.0.2.8", "blocked", 1050);
	add_event(host, "192.0.2.7", "blocked", 2000);
	add_event(host, "192.0.2.7", "unblocking", 2100);
	block(host, "{\"prefix\":\"192.0.2.7\"}");
	add_mail(host, "192.0.2.7", 990, 300);	     /* the cause of the first */
	add_mail(host, "192.0.2.7", 1100, 301);	     /* in its last second */
	add_mail(host, "192.0.2.7", 1101, 400);	     /* after it: the second */
	add_mail(host, "192.0.2.7", 2101, 500);	     /* after that: the third */
	add_mail(host, "192.0.2.7", 1LL << 40, 600); /* a clock that runs ahead: the last */
}

static void test_mails_belong_to_sentences(void **state)
{
	static const int spams[] = {2, 1, 2}, averages[] = {301, 400, 550};
	struct host *host = *state;
	struct answer answer;

	make_history(host);
	answer = get(host, IPV4 "/192.0.2.7/stats");
	assert_int_equal(cJSON_GetArraySize(answer.json), 3);
	for (int i = 0; i < 3; i++) {
		const cJSON *element = cJSON_GetArrayItem(answer.json, i);

		assert_true(number_of(element, "numberOfSpams") == spams[i]);
		assert_true(number_of(element, "averageSpamscore") == averages[i]);
		assert_null_field(mail_of(element, 0), "destinationIp");
	}
	answer_clear(&answer);
}

static int count_stats(struct host *host, const char *query)
{
	struct answer answer;
	char target[256];
	int count;

	snprintf(target, sizeof(target), "%s/192.0.2.7/stats?%s", IPV4, query);
	answer = get(host, target);
	count = cJSON_GetArraySize(answer.json);
	answer_clear(&answer);
	return count;
}

static void test_from_and_to(void **state)
{
	struct host *host = *state;

	make_history(host);
	assert_int_equal(count_stats(host, "from=1970-01-01T00:16:40Z"), 3);
	assert_int_equal(count_stats(host, "from=1970-01-01T00:16:41Z"), 2);
	assert_int_equal(count_stats(host, "to=1970-01-01T00:16:40Z"), 1);
	assert_int_equal(count_stats(host, "to=1970-01-01T00:16:39Z"), 0);
	/* An offset whose plus sign nobody encoded. */
	assert_int_equal(
		count_stats(host, "from=1970-01-01T01:16:41+01:00&to=2000-01-01T00:00:00Z"), 1);
	assert_int_equal(count_stats(host, "from=1970-01-01T01:16:40%2B01:00"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_spam_ip),
		TEST(test_the_list),
		TEST(test_bits_behind_the_length_of_a_block),
		TEST(test_an_ipv6_unit),
		TEST(test_who_is_not_found),
		TEST(test_bad_requests),
		TEST(test_unblock),
		TEST(test_asking_again_while_unblocking),
		TEST(test_statistics),
		TEST(test_mails_belong_to_sentences),
		TEST(test_from_and_to),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
