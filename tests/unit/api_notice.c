/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a customer is told, in every way in which mail can be blocked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/prefix.h"
#include "lib/api_host.h"

static struct answer notice(struct host *host, const char *ip)
{
	char target[128];

	snprintf(target, sizeof(target), "/v1/notice/%s", ip);
	return expect(host, 200, "GET", target, NULL);
}

static void assert_says(const struct answer *answer, const char *words)
{
	if (!strstr(text_of(answer->json, "text"), words))
		fail_msg("no \"%s\" in:\n%s", words, text_of(answer->json, "text"));
}

static void assert_does_not_say(const struct answer *answer, const char *words)
{
	if (strstr(text_of(answer->json, "text"), words))
		fail_msg("\"%s\" in:\n%s", words, text_of(answer->json, "text"));
}

static void assert_none(struct host *host, const char *ip, const char *message)
{
	struct answer answer;
	char target[128];

	snprintf(target, sizeof(target), "/v1/notice/%s", ip);
	answer = expect(host, 404, "GET", target, NULL);
	assert_string_equal(text_of(answer.json, "message"), message);
	answer_clear(&answer);
}

static void add_mails(struct host *host, const char *source, const char *message_id, int64_t date,
		      int count)
{
	struct smtpfence_prefix prefix;

	assert_int_equal(prefix_parse(source, &prefix), 0);
	for (int i = 0; i < count; i++) {
		char id[EVIDENCE_MESSAGE_ID_MAX];
		struct evidence mail = {.date = date + i, .message_id = id, .spam_score = 301};

		snprintf(id, sizeof(id), "%s%d", message_id, i);
		assert_int_equal(store_add_evidence(host->store, &prefix, "scorer", &mail, 1, NULL),
				 1);
	}
}

static void test_a_scorers_sentence(void **state)
{
	struct host *host = *state;
	const cJSON *mail;
	struct answer answer;

	await_feeds(host);
	answer = notice(host, "192.0.2.66");
	assert_says(&answer, "Your IP address 192.0.2.66 cannot send mail");
	assert_says(&answer, "found to be spam, with a score of 400.\n");
	assert_says(&answer, "\n  Destination IP: 203.0.113.25 - Message-ID: a@b - "
			     "Spam score: 300\n");
	assert_says(&answer, "By itself, at ");
	assert_says(&answer, "This was offence 1 of this address. The next block will last 2h.\n");
	assert_does_not_say(&answer, "staff");
	assert_does_not_say(&answer, "It lies in");
	assert_does_not_say(&answer, " more\n");
	assert_string_equal(text_of(answer.json, "ip"), "192.0.2.66");
	assert_string_equal(text_of(answer.json, "block"), "192.0.2.66/32");
	assert_string_equal(text_of(answer.json, "state"), "blockedForSpam");
	assert_string_equal(text_of(answer.json, "release"), "automatic");
	assert_string_equal(text_of(answer.json, "source"), "scorer");
	assert_true(number_of(answer.json, "time") == 3600);
	assert_in_range((int)number_of(answer.json, "remaining"), 3500, 3600);
	assert_true(number_of(answer.json, "next_time") == 7200); /* 4h, capped by max */
	assert_true(number_of(answer.json, "attempts") == 0);
	assert_true(number_of(answer.json, "mail_count") == 1);
	mail = field(answer.json, "mails")->child;
	assert_string_equal(text_of(mail, "date"), "2013-11-28T12:16:32Z");
	assert_string_equal(text_of(mail, "destination"), "203.0.113.25");
	answer_clear(&answer);
}

static void test_by_hand(void **state)
{
	struct host *host = *state;
	struct answer answer;

	block(host,
	      "{\"prefix\":\"192.0.2.7\",\"time\":600,\"reason\":\"phishing, 3 complaints\"}");
	answer = notice(host, "192.0.2.7");
	assert_says(&answer, "Our staff has blocked it: phishing, 3 complaints\n");
	assert_says(&answer, "(10m left)\n");
	assert_does_not_say(&answer, "score");
	assert_does_not_say(&answer, "Some of the mails");
	assert_true(number_of(answer.json, "mail_count") == 0);
	assert_string_equal(text_of(answer.json, "source"), "manual");
	answer_clear(&answer);
}

static void test_on_request(void **state)
{
	struct smtpfence_prefix prefix;
	struct host *host = *state;
	struct sentence sentence;
	struct answer answer;

	host->config->policy.release = CONFIG_RELEASE_ON_REQUEST;
	block(host, "{\"prefix\":\"2001:db8:0:7::1\"}");
	answer = notice(host, "2001:db8:0:7::99");
	assert_string_equal(text_of(answer.json, "release"), "on-request");
	assert_says(&answer, "Your IP address 2001:db8:0:7::/64 cannot");
	assert_says(&answer, ", and then until you ask for release\n");
	assert_says(&answer, "You may ask for release from 20");
	assert_says(&answer, "POST /ip/2001:db8:0:7::/spam/2001:db8:0:7::/unblock");
	assert_does_not_say(&answer, "By itself");
	answer_clear(&answer);

	/* It is served. */
	assert_int_equal(prefix_parse("2001:db8:0:7::/64", &prefix), 0);
	assert_int_equal(store_get_sentence(host->store, &prefix, &sentence, NULL), 0);
	sentence.served = 1;
	assert_int_equal(store_put_sentence(host->store, &sentence, NULL), 0);
	answer = notice(host, "2001:db8:0:7::99");
	assert_says(&answer, "Its time is over: you may ask for release now.");
	assert_does_not_say(&answer, " left)");
	assert_true(number_of(answer.json, "remaining") == 0);
	answer_clear(&answer);
}

/* What others in the range have done is not told, and not charged. */
static void test_a_list(void **state)
{
	struct host *host = *state;
	struct answer answer;

	await_feeds(host);
	add_mails(host, "198.51.100.0/24", "other", 1000, 1);
	answer = notice(host, "198.51.100.7");
	assert_says(&answer, "Your IP address 198.51.100.7 cannot send mail");
	assert_says(&answer, "It lies in 198.51.100.0/24, which is blocked as a whole.\n");
	assert_says(&answer, "It stands on a list of senders that are not accepted here: list\n");
	assert_says(&answer, "When the list no longer names it.");
	assert_does_not_say(&answer, "IF IT HAPPENS AGAIN");
	assert_does_not_say(&answer, "Message-ID: other");
	assert_does_not_say(&answer, "until:");
	assert_string_equal(text_of(answer.json, "ip"), "198.51.100.7");
	assert_string_equal(text_of(answer.json, "block"), "198.51.100.0/24");
	assert_string_equal(field(answer.json, "listed")->child->valuestring, "list");
	assert_null_field(answer.json, "since");
	assert_null_field(answer.json, "remaining");
	assert_null_field(answer.json, "offences");
	assert_null_field(answer.json, "next_time");
	assert_null_field(answer.json, "attempts");
	answer_clear(&answer);

	answer = notice(host, "198.51.100.0%2F24");
	assert_says(&answer, "Your IP address 198.51.100.0/24 cannot send mail");
	assert_does_not_say(&answer, "It lies in");
	answer_clear(&answer);
}

/* A scorer may condemn a whole range: whoever lies in it need not have done anything. */
static void test_a_scorers_range(void **state)
{
	struct host *host = *state;
	struct answer answer;

	await_feeds(host);
	assert_int_equal(
		write_file(host, "scores",
			   "{\"type\":\"snapshot\",\"version\":1,\"serial\":8,\"records\":1,"
			   "\"generated\":\"2024-05-01T21:00:00Z\"}\n"
			   "{\"ip\":\"203.0.113.0/24\",\"score\":300,\"detected\":\"" EPISODE
			   "\"}\n"
			   "{\"type\":\"end\",\"serial\":8,\"records\":1}\n"),
		0);
	for (int i = 0; i < 1000 && feeds_report(host->feeds, 0).serial != 8; i++)
		turn(host);
	answer = notice(host, "203.0.113.9");
	assert_says(&answer, "It lies in 203.0.113.0/24, which is blocked as a whole.\n");
	assert_says(&answer, "Mail that this range has sent was found to be spam");
	assert_says(&answer, "By itself, at ");
	assert_does_not_say(&answer, "IF IT HAPPENS AGAIN");
	answer_clear(&answer);
}

/* The list goes on after the sentence, so that its end is no promise. */
static void test_a_sentence_on_a_list(void **state)
{
	struct host *host = *state;
	struct answer answer;

	await_feeds(host);
	block(host, "{\"prefix\":\"198.51.100.0/24\",\"reason\":\"all of them\"}");
	answer = notice(host, "198.51.100.0%2F24");
	assert_says(&answer, "Blocked since:");
	assert_says(&answer, "When the list no longer names it.");
	assert_does_not_say(&answer, "until:");
	assert_does_not_say(&answer, "By itself");
	assert_null_field(answer.json, "release");
	assert_null_field(answer.json, "until");
	answer_clear(&answer);
}

static void test_monitor(void **state)
{
	struct host *host = *state;
	struct answer answer;

	block(host, "{\"prefix\":\"192.0.2.7\"}");
	answer = notice(host, "192.0.2.7");
	assert_true(cJSON_IsFalse(field(answer.json, "monitor")));
	answer_clear(&answer);
	answer = expect(host, 200, "PUT", "/v1/mode", "{\"mode\":\"monitor\"}");
	answer_clear(&answer);
	answer = notice(host, "192.0.2.7");
	assert_true(cJSON_IsTrue(field(answer.json, "monitor")));
	assert_says(&answer, "would be dropped. For now they are only watched.\n");
	assert_does_not_say(&answer, "cannot send mail");
	answer_clear(&answer);
}

static void test_who_is_not_blocked(void **state)
{
	struct host *host = *state;
	struct answer answer;

	assert_none(host, "192.0.2.8", "192.0.2.8 is not blocked");
	assert_none(host, "2001:db8::1", "2001:db8::1 is not blocked");
	assert_none(host, "192.0.2.53",
		    "192.0.2.53 is not blocked: 192.0.2.53 is on the allowlist");
	block(host, "{\"prefix\":\"192.0.2.7\"}");
	answer = expect(host, 200, "POST", "/v1/blocks/192.0.2.7/unblock", "{\"force\":true}");
	answer_clear(&answer);
	assert_none(host, "192.0.2.7", "192.0.2.7 is not blocked");
	answer = expect(host, 400, "GET", "/v1/notice/192.0.2.300", NULL);
	answer_clear(&answer);
}

static void test_allowed_inside_of_a_block(void **state)
{
	struct host *host = *state;
	struct answer answer;

	block(host, "{\"prefix\":\"2001:db8:0:7::/64\"}");
	answer = expect(host, 200, "POST", "/v1/allow", "{\"prefix\":\"2001:db8:0:7::25\"}");
	answer_clear(&answer);
	assert_none(host, "2001:db8:0:7::25",
		    "2001:db8:0:7::25 is not blocked: 2001:db8:0:7::25 is on the allowlist");
	answer = notice(host, "2001:db8:0:7::26");
	answer_clear(&answer);
}

/* The newest ones, and only those of this sentence. */
static void test_many_mails(void **state)
{
	struct host *host = *state;
	struct smtpfence_prefix prefix;
	struct sentence sentence;
	struct answer answer;

	block(host, "{\"prefix\":\"192.0.2.7\"}");
	assert_int_equal(prefix_parse("192.0.2.7", &prefix), 0);
	assert_int_equal(store_get_sentence(host->store, &prefix, &sentence, NULL), 0);
	sentence.last_end = 5000;
	assert_int_equal(store_put_sentence(host->store, &sentence, NULL), 0);
	add_mails(host, "192.0.2.7", "old", 4000, 20);
	answer = notice(host, "192.0.2.7");
	assert_says(&answer, "Message-ID: old19 ");
	assert_says(&answer, "\n  and 10 more\n");
	answer_clear(&answer);

	add_mails(host, "192.0.2.7", "new", 6000, 14);
	answer = notice(host, "192.0.2.7");
	assert_true(number_of(answer.json, "mail_count") == 14);
	assert_int_equal(cJSON_GetArraySize(field(answer.json, "mails")), 10);
	assert_says(&answer, "  Destination IP: - - Message-ID: new13 - Spam score: 301\n");
	assert_says(&answer, "Message-ID: new4 ");
	assert_does_not_say(&answer, "Message-ID: new3 ");
	assert_does_not_say(&answer, "old");
	assert_says(&answer, "\n  and 4 more\n");
	answer_clear(&answer);
}

/* A Message-ID is the spammer's own text, and the notice goes to a mail client and a terminal. */
static void test_message_ids_that_mean_no_good(void **state)
{
	struct host *host = *state;
	struct answer answer;

	block(host, "{\"prefix\":\"192.0.2.7\"}");
	add_mails(host, "192.0.2.7", "{{ip}}{{#\n\xe2\x80\xae\xe2\x80\x8f\xd8\x9c\033[2J", 1000, 1);
	answer = notice(host, "192.0.2.7");
	assert_says(&answer, "Message-ID: {{ip}}{{#?????[2J0 - ");
	assert_string_equal(text_of(field(answer.json, "mails")->child, "message_id"),
			    "{{ip}}{{#?????[2J0");
	answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_scorers_sentence),
		TEST(test_by_hand),
		TEST(test_on_request),
		TEST(test_a_list),
		TEST(test_a_scorers_range),
		TEST(test_a_sentence_on_a_list),
		TEST(test_monitor),
		TEST(test_who_is_not_blocked),
		TEST(test_allowed_inside_of_a_block),
		TEST(test_many_mails),
		TEST(test_message_ids_that_mean_no_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
