/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in a file arrives in the structure, and the rest has its defaults. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/prefix.h"
#include "config/config.h"

#define EVERYTHING  "tests/data/config/everything.yaml"
#define EXAMPLE	    "examples/smtpfence.yaml"
#define EXAMPLE_MAX 16384
#define MINIMAL	    "examples/minimal.yaml"

static struct config *load(const char *path)
{
	struct config *config = NULL;
	struct error error = {0};

	if (config_load(path, &config, &error) < 0)
		fail_msg("%s", error.text);
	assert_string_equal(config->path, path);
	return config;
}

static struct config *load_text(const char *text)
{
	char path[] = "/tmp/smtpfence-config-XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);
	struct config *config;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	config = load(path);
	unlink(path);
	return config;
}

static void assert_prefix(const struct smtpfence_prefix *prefix, const char *expected)
{
	char text[PREFIX_TEXT_MAX];

	assert_string_equal(prefix_format(prefix, text), expected);
}

static void assert_interface(const struct config_interface *interface, const char *match,
			     enum smtpfence_role role, enum config_hook hook)
{
	assert_string_equal(interface->match, match);
	assert_int_equal(interface->role, role);
	assert_int_equal(interface->hook, hook);
}

static void assert_default_policy(const struct config_policy *policy)
{
	assert_int_equal(policy->block_score, 300);
	assert_int_equal(policy->duration, 3600);
	assert_int_equal(policy->multiplier_count, 4);
	assert_int_equal(policy->multipliers[0], 1);
	assert_int_equal(policy->multipliers[1], 4);
	assert_int_equal(policy->multipliers[2], 24);
	assert_int_equal(policy->multipliers[3], 168);
	assert_int_equal(policy->max, 30 * 86400);
	assert_int_equal(policy->forget_after, 90 * 86400);
	assert_int_equal(policy->release, CONFIG_RELEASE_AUTOMATIC);
	assert_int_equal(policy->ipv6_unit_count, 1);
	assert_int_equal(policy->ipv6_units[0].match.length, 0);
	assert_int_equal(policy->ipv6_units[0].unit, 64);
	assert_int_equal(policy->guard.max_new_blocks, 5000);
	assert_int_equal(policy->guard.max_removed_share, 50);
}

static void assert_defaults(const struct config *config)
{
	assert_int_equal(config->mode, SMTPFENCE_MODE_ENFORCE);
	assert_int_equal(config->on_block, SMTPFENCE_ON_BLOCK_DROP);
	assert_default_policy(&config->policy);
	assert_int_equal(config->limits.blocks, 262144);
	assert_int_equal(config->limits.prefixes, 10000);
	assert_int_equal(config->limits.sources, 65536);
	assert_string_equal(config->api.socket, "/run/smtpfence/smtpfence.sock");
	assert_string_equal(config->api.group, "smtpfence");
	assert_string_equal(config->api.listen_host, "127.0.0.1");
	assert_int_equal(config->api.listen_port, 9925);
	assert_int_equal(config->notify_count, 0);
	assert_int_equal(config->usage_count, 0);
	assert_string_equal(config->state, "/var/lib/smtpfence/smtpfence.db");
	assert_string_equal(config->bpffs, "/sys/fs/bpf/smtpfence");
}

static void test_defaults(void **state)
{
	_cleanup_(config_freep) struct config *config =
		load_text("interfaces: [{match: \"tap*\", role: guest}]\n");

	(void)state;
	assert_defaults(config);
	assert_int_equal(config->interface_count, 1);
	assert_interface(config->interfaces, "tap*", SMTPFENCE_ROLE_GUEST, CONFIG_HOOK_AUTO);
	assert_int_equal(config->feed_count, 0);
	assert_int_equal(config->policy.allow.count, 0);
	assert_int_equal(config->policy.exempt_destinations.count, 0);
}

/* The example shows the defaults, where it does not say otherwise. */
static void test_example(void **state)
{
	_cleanup_(config_freep) struct config *config = load(EXAMPLE);

	(void)state;
	assert_defaults(config);
	assert_int_equal(config->interface_count, 3);
	assert_interface(&config->interfaces[2], "eth0", SMTPFENCE_ROLE_UPLINK, CONFIG_HOOK_AUTO);
	assert_int_equal(config->feed_count, 2);
	assert_int_equal(config->policy.allow.count, 1);
	assert_prefix(config->policy.allow.items, "192.0.2.53/32");
	assert_prefix(config->policy.exempt_destinations.items, "198.51.100.25/32");
}

/* Takes away the "#" in front of what is an example of an item of a list. */
static void uncomment(char *text)
{
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "# - {", strlen("# - {")) == 0 ||
		    strncmp(line, "#    ", strlen("#    ")) == 0)
			*line = ' ';
	}
}

/* What is commented out in the example may be taken as it is, too. */
static void test_example_in_full(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_fclose_ FILE *stream = fopen(EXAMPLE, "re");
	static char text[EXAMPLE_MAX];
	const struct config_feed *feed;

	(void)state;
	assert_non_null(stream);
	assert_in_range(fread(text, 1, sizeof(text), stream), 1, sizeof(text) - 1);
	uncomment(text);
	config = load_text(text);
	feed = config_find_feed(config, "listed");
	assert_non_null(feed);
	assert_int_equal(feed->match, CONFIG_MATCH_SOURCE);
	assert_string_equal(feed->token_file, "/etc/smtpfence/token");
	feed = config_find_feed(config, "drop");
	assert_non_null(feed);
	assert_string_equal(feed->type, "drop");
	assert_int_equal(feed->interval, 43200);
}

static void test_minimal(void **state)
{
	_cleanup_(config_freep) struct config *config = load(MINIMAL);

	(void)state;
	assert_defaults(config);
	assert_int_equal(config->interface_count, 2);
	assert_int_equal(config->feeds[0].interval, 10);
	assert_int_equal(config->feeds[0].stale_after, 100);
}

static void test_every_interface(void **state)
{
	_cleanup_(config_freep) struct config *config = load(EVERYTHING);
	const struct config_interface *interfaces = config->interfaces;

	(void)state;
	assert_int_equal(config->mode, SMTPFENCE_MODE_MONITOR);
	assert_int_equal(config->on_block, SMTPFENCE_ON_BLOCK_RESET);
	assert_int_equal(config->interface_count, 5);
	assert_interface(&interfaces[0], "tap[0-9]*", SMTPFENCE_ROLE_GUEST, CONFIG_HOOK_XDP);
	assert_interface(&interfaces[1], "veth\\*", SMTPFENCE_ROLE_GUEST, CONFIG_HOOK_XDP_NATIVE);
	assert_interface(&interfaces[2], "[!a]eth?", SMTPFENCE_ROLE_GUEST, CONFIG_HOOK_XDP_GENERIC);
	assert_interface(&interfaces[3], "[]]x", SMTPFENCE_ROLE_GUEST, CONFIG_HOOK_TC);
	assert_interface(&interfaces[4], "*", SMTPFENCE_ROLE_UPLINK, CONFIG_HOOK_TC);
}

static void test_match_interface(void **state)
{
	_cleanup_(config_freep) struct config *config = load(EVERYTHING);
	static const struct {
		const char *name;
		size_t rule;
	} cases[] = {
		{"tap0", 0},  {"tap12", 0}, {"tapx", 4}, {"veth*", 1}, {"veth12", 4},
		{"beth0", 2}, {"aeth0", 4}, {"]x", 3},	 {"", 4},
	};
	struct config without_last;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_ptr_equal(config_match_interface(config, cases[i].name),
				 &config->interfaces[cases[i].rule]);
	without_last = *config;
	without_last.interface_count--;
	assert_null(config_match_interface(&without_last, "eth0"));
}

static void test_every_feed(void **state)
{
	_cleanup_(config_freep) struct config *config = load(EVERYTHING);
	const struct config_feed *feed = config_find_feed(config, "scorer_1-a");

	(void)state;
	assert_int_equal(config->feed_count, 6);
	assert_ptr_equal(feed, &config->feeds[0]);
	assert_int_equal(feed->kind, CONFIG_FEED_SCORES);
	assert_string_equal(feed->type, "ndjson");
	assert_string_equal(feed->link.url, "file:///var/lib/scorer/scores.ndjson");
	assert_int_equal(feed->interval, 5400);
	assert_int_equal(feed->stale_after, 5400);

	feed = config_find_feed(config, "2");
	assert_ptr_equal(feed, &config->feeds[1]);
	assert_int_equal(feed->kind, CONFIG_FEED_LIST);
	assert_string_equal(feed->type, "list");
	assert_string_equal(feed->link.url, "file:///a b");
	assert_int_equal(feed->interval, 1);
	assert_int_equal(feed->stale_after, 60);
	assert_int_equal(feed->ttl, 86400);
	assert_int_equal(feed->match, CONFIG_MATCH_UNSET);
	assert_int_equal(feed->widest.ipv4, 0);
	assert_null(feed->token_file);
	assert_int_equal(feed->size_limit, 256UL << 20);
	assert_int_equal(feed->time_limit, 300);
	assert_null(config_find_feed(config, "scorer"));
}

static void test_every_key_of_https(void **state)
{
	_cleanup_(config_freep) struct config *config = load(EVERYTHING);
	const struct config_feed *feed = config_find_feed(config, "far");

	(void)state;
	assert_non_null(feed);
	assert_string_equal(feed->link.url, "https://[2001:db8::1]:8443/list?key=1");
	assert_int_equal(feed->match, CONFIG_MATCH_SOURCE);
	assert_string_equal(feed->link.ca_file, "/ca.pem");
	assert_string_equal(feed->link.cert_file, "/cert.pem");
	assert_string_equal(feed->link.key_file, "/key.pem");
	assert_string_equal(feed->token_file, "/token");
	assert_int_equal(feed->size_limit, 1UL << 30);
	assert_int_equal(feed->time_limit, 86400);
	assert_int_equal(feed->widest.ipv4, 20);
	assert_int_equal(feed->widest.ipv6, 40);
}

static void test_drop(void **state)
{
	_cleanup_(config_freep) struct config *config =
		load_text("interfaces: [{match: \"tap*\", role: guest}]\nfeeds:\n"
			  "  - {name: a, kind: list, type: drop, url: \"file:///a\"}\n"
			  "  - {name: b, kind: list, type: drop, url: \"file:///b\",\n"
			  "     widest: {ipv4: 8}}\n");

	(void)state;
	assert_string_equal(config->feeds[0].type, "drop");
	assert_int_equal(config->feeds[0].widest.ipv4, 10);
	assert_int_equal(config->feeds[0].widest.ipv6, 20);
	assert_int_equal(config->feeds[1].widest.ipv4, 8);
	assert_int_equal(config->feeds[1].widest.ipv6, 20);
}

static void test_every_key_of_nats(void **state)
{
	_cleanup_(config_freep) struct config *config = load(EVERYTHING);
	const struct config_feed *feed = config_find_feed(config, "fleet");

	(void)state;
	assert_non_null(feed);
	assert_string_equal(feed->link.url, "tls://a:4222,tls://[2001:db8::1]");
	assert_string_equal(feed->link.ca_file, "/ca.pem");
	assert_string_equal(feed->bucket, "B_1-x");
	assert_string_equal(feed->link.domain, "hub");
	assert_string_equal(feed->link.nkey_file, "/user.nk");
	assert_int_equal(feed->interval, 3600);
	assert_int_equal(feed->stale_after, 60);

	feed = config_find_feed(config, "plain");
	assert_non_null(feed);
	assert_null(feed->bucket);
	assert_string_equal(feed->link.credentials_file, "/c");
	assert_int_equal(feed->interval, 86400);
	assert_int_equal(feed->stale_after, 60);
}

static void test_every_key_of_crowdsec(void **state)
{
	_cleanup_(config_freep) struct config *config = load(EVERYTHING);
	const struct config_feed *feed = config_find_feed(config, "cs");

	(void)state;
	assert_non_null(feed);
	assert_int_equal(feed->kind, CONFIG_FEED_LIST);
	assert_string_equal(feed->link.url, "http://[::1]:8080/");
	assert_string_equal(feed->api_key_file, "/api.key");
	assert_int_equal(feed->scope_count, 1);
	assert_int_equal(feed->scopes[0], CONFIG_SCOPE_RANGE);
	assert_int_equal(feed->type_count, 2);
	assert_string_equal(feed->types[0], "smtp");
	assert_string_equal(feed->types[1], "Ban");
}

static void test_loopback_urls(void **state)
{
	static const char *const urls[] = {"http://127.0.0.1/a", "http://127.9.9.9:80?a",
					   "http://[::1]:8080/a", "http://localhost#a"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		_cleanup_(config_freep) struct config *config = NULL;
		char text[256];

		snprintf(
			text, sizeof(text),
			"interfaces: [{match: \"tap*\", role: guest}]\n"
			"feeds: [{name: a, kind: list, type: list, url: \"%s\", token_file: /a}]\n",
			urls[i]);
		config = load_text(text);
		assert_string_equal(config->feeds[0].link.url, urls[i]);
	}
}

static void test_every_policy(void **state)
{
	_cleanup_(config_freep) struct config *config = load(EVERYTHING);
	const struct config_policy *policy = &config->policy;

	(void)state;
	assert_int_equal(policy->block_score, UINT32_MAX);
	assert_int_equal(policy->duration, 1);
	assert_int_equal(policy->multiplier_count, 2);
	assert_int_equal(policy->multipliers[0], 1000000);
	assert_int_equal(policy->multipliers[1], 1);
	assert_int_equal(policy->max, 36500ULL * 86400);
	assert_int_equal(policy->forget_after, 0);
	assert_int_equal(policy->release, CONFIG_RELEASE_ON_REQUEST);
	assert_int_equal(policy->allow.count, 3);
	assert_prefix(&policy->allow.items[0], "192.0.2.53/32");
	assert_prefix(&policy->allow.items[1], "198.51.100.0/24");
	assert_prefix(&policy->allow.items[2], "2001:db8::/48");
	assert_int_equal(policy->exempt_destinations.count, 1);
	assert_prefix(policy->exempt_destinations.items, "198.51.100.25/32");
	assert_int_equal(policy->guard.max_new_blocks, 0);
	assert_int_equal(policy->guard.max_removed_share, 100);
}

static void test_ipv6_units(void **state)
{
	_cleanup_(config_freep) struct config *config = load(EVERYTHING);
	_cleanup_(config_freep) struct config *alone =
		load_text("interfaces: [{match: x, role: guest}]\npolicy: {ipv6_unit: 128}\n");
	const struct config_ipv6_unit *units = config->policy.ipv6_units;

	(void)state;
	assert_int_equal(config->policy.ipv6_unit_count, 3);
	assert_prefix(&units[0].match, "2001:db8::/32");
	assert_int_equal(units[0].unit, 128);
	assert_prefix(&units[1].match, "2001:db8:1:2::/64");
	assert_int_equal(units[1].unit, 64);
	assert_int_equal(units[2].match.length, 0);
	assert_int_equal(units[2].unit, 64);

	assert_int_equal(alone->policy.ipv6_unit_count, 1);
	assert_int_equal(alone->policy.ipv6_units[0].match.length, 0);
	assert_int_equal(alone->policy.ipv6_units[0].unit, 128);
}

static void test_every_other_key(void **state)
{
	_cleanup_(config_freep) struct config *config = load(EVERYTHING);
	const struct config_notify *notify = config->notify;

	(void)state;
	assert_int_equal(config->limits.blocks, 16777216);
	assert_int_equal(config->limits.prefixes, 1);
	assert_int_equal(config->limits.sources, 7);
	assert_string_equal(config->api.socket, "/tmp/s");
	assert_string_equal(config->api.group, "wheel");
	assert_string_equal(config->api.listen_host, "::1");
	assert_int_equal(config->api.listen_port, 65535);
	assert_string_equal(config->state, "/tmp/state.db");
	assert_string_equal(config->bpffs, "/tmp/bpf");

	assert_string_equal(config->notice.path, "/dev/null");
	assert_int_equal(config->notify_count, 6);
	assert_int_equal(notify[0].kind, CONFIG_NOTIFY_COMMAND);
	assert_string_equal(notify[0].command, "/bin/true");
	assert_null(notify[0].secret_file);
	assert_int_equal(notify[1].kind, CONFIG_NOTIFY_WEBHOOK);
	assert_string_equal(notify[1].link.url, "https://example.org/hook?a=b");
	assert_string_equal(notify[1].secret_file, "/etc/secret");
	assert_string_equal(notify[2].link.url, "http://127.0.0.1:8443/?token=x");
	assert_string_equal(notify[0].name, "/bin/true");
	assert_string_equal(notify[1].name, "https://example.org/hook");
	assert_string_equal(notify[2].name, "http://127.0.0.1:8443/");
	assert_null(notify[2].link.ca_file);
	assert_int_equal(notify[2].time_limit, 10);
	assert_string_equal(notify[3].name, "other");
	assert_string_equal(notify[3].link.ca_file, "/etc/ca.pem");
	assert_int_equal(notify[3].time_limit, 60);
	assert_null(notify[3].stream);
	assert_int_equal(notify[4].kind, CONFIG_NOTIFY_NATS);
	assert_string_equal(notify[4].name, "tls://a:4222,tls://b");
	assert_string_equal(notify[4].link.cert_file, "/c");
	assert_string_equal(notify[4].link.key_file, "/k");
	assert_string_equal(notify[4].link.nkey_file, "/n");
	assert_string_equal(notify[4].link.domain, "leaf");
	assert_string_equal(notify[4].stream, "SMTP_EVENTS");
	assert_string_equal(notify[5].link.credentials_file, "/creds");
	assert_string_equal(notify[5].stream, "EVENTS");
}

static void test_usage(void **state)
{
	_cleanup_(config_freep) struct config *config = load(EVERYTHING);
	const struct config_usage *usage = config->usage;

	(void)state;
	assert_int_equal(config->usage_count, 3);
	assert_string_equal(usage[0].name, "scorer.1");
	assert_string_equal(usage[0].link.url, "https://192.0.2.1/usage");
	assert_string_equal(usage[0].token_file, "/etc/token");
	assert_string_equal(usage[0].link.ca_file, "/etc/ca");
	assert_string_equal(usage[0].link.cert_file, "/etc/cert");
	assert_string_equal(usage[0].link.key_file, "/etc/key");
	assert_int_equal(usage[0].interval, 1);
	assert_string_equal(usage[0].spool, "/tmp/spool");
	assert_int_equal(usage[0].spool_limit, 3 * 1024);
	assert_string_equal(usage[1].link.url, "https://example.org:8443");
	assert_null(usage[1].token_file);
	assert_int_equal(usage[1].interval, 30);
	assert_string_equal(usage[1].spool, "/var/lib/smtpfence/usage");
	assert_int_equal(usage[1].spool_limit, 7);
	assert_string_equal(usage[1].stream, "SMTP_USAGE");
	assert_null(usage[1].link.nkey_file);
	assert_string_equal(usage[2].link.url, "tls://192.0.2.1:4222,tls://192.0.2.2");
	assert_string_equal(usage[2].stream, "S");
	assert_string_equal(usage[2].link.domain, "hub");
	assert_string_equal(usage[2].link.nkey_file, "/etc/nkey");
	assert_string_equal(usage[2].link.credentials_file, "/etc/credentials");
}

static void test_listener_off(void **state)
{
	static const char *const values[] = {"\"\"", "off", "'off'"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		_cleanup_(config_freep) struct config *config = NULL;
		char text[128];

		snprintf(text, sizeof(text),
			 "interfaces: [{match: x, role: guest}]\napi: {listen: %s}\n", values[i]);
		config = load_text(text);
		assert_null(config->api.listen_host);
		assert_int_equal(config->api.listen_port, 0);
	}
}

/* Ways of writing that YAML allows and that mean the same. */
static void test_notations(void **state)
{
	static const char *const texts[] = {
		"\xef\xbb\xbfinterfaces: [{match: x, role: guest}]\n",
		"%YAML 1.1\n---\ninterfaces: [{match: x, role: guest}]\n...\n",
		"interfaces:\r\n- match: x\r\n  role: guest",
		"{\"interfaces\": [{\"match\": \"x\", \"role\": \"guest\"}], \"policy\": {}}",
		"? interfaces\n: - ? match\n    : x\n    ? role\n    : >-\n      guest\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(config_freep) struct config *config = load_text(texts[i]);

		assert_defaults(config);
		assert_interface(config->interfaces, "x", SMTPFENCE_ROLE_GUEST, CONFIG_HOOK_AUTO);
	}
}

/* The reference names every key of the example, with its default. */
static void test_reference(void **state)
{
	static const char *const lines[] = {
		"mode: enforce ",
		"\ninterfaces: ",
		"\n  - match: ",
		"\n    hook: auto ",
		"\n    stale_after: auto ",
		"\n  multipliers: [1, 4, 24, 168] ",
		"\n    max_removed_share: 50% ",
		"\n  sources: 65536 ",
		"\n  listen: 127.0.0.1:9925 ",
		"\n  - command: ",
		"enforce | monitor",
		"\nbpffs: /sys/fs/bpf/smtpfence ",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_non_null(strstr(config_reference(), lines[i]));
	assert_ptr_equal(config_reference(), config_reference());
	assert_string_equal(strrchr(config_reference(), '\n'), "\n");
}

static void test_free_nothing(void **state)
{
	(void)state;
	config_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_example_in_full),
		cmocka_unit_test(test_minimal),
		cmocka_unit_test(test_every_interface),
		cmocka_unit_test(test_match_interface),
		cmocka_unit_test(test_every_feed),
		cmocka_unit_test(test_every_key_of_https),
		cmocka_unit_test(test_every_key_of_nats),
		cmocka_unit_test(test_loopback_urls),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_every_key_of_crowdsec),
		cmocka_unit_test(test_every_policy),
		cmocka_unit_test(test_ipv6_units),
		cmocka_unit_test(test_every_other_key),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_listener_off),
		cmocka_unit_test(test_notations),
		cmocka_unit_test(test_reference),
		cmocka_unit_test(test_free_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
