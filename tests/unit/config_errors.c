/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with a file is named by line and column. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "config/config.h"

/* A valid first line, so that a case's own text begins on line 2. */
#define GUESTS "interfaces: [{match: \"tap*\", role: guest}]\n"
#define FEED   "feeds:\n  - {name: a, kind: scores, type: ndjson, url: \"file:///a\"}\n"

/* Up to line 6. */
#define FEED_AT(url)                                                                               \
	"feeds:\n  - name: a\n    kind: scores\n    type: ndjson\n    url: \"" url "\"\n"
#define FILE_FEED  FEED_AT("file:///a")
#define HTTP_FEED  FEED_AT("http://localhost/b")
#define HTTPS_FEED FEED_AT("https://a/b")
#define NATS_FEED                                                                                  \
	"feeds:\n  - name: a\n    kind: scores\n    type: nats\n    url: \"nats://a:4222\"\n"
#define CROWDSEC	  "feeds:\n  - type: crowdsec\n    name: a\n    url: https://a\n"
#define CROWDSEC_WITH_KEY CROWDSEC "    kind: list\n    api_key_file: /k\n"

struct error_case {
	const char *text, *place, *message;
	size_t length;
};

/* With its length, for a text may hold a NUL. */
#define CASE(text, place, message)                                                                 \
	{                                                                                          \
		text, place, message, sizeof(text) - 1                                             \
	}

static const struct error_case cases[] = {
	/* The file as a whole */
	CASE("", "1:1", "the file is empty: the key 'interfaces' is required"),
	CASE("# nothing but a comment\n", "1:1", "the file is empty"),
	CASE("---\n...\n", "2:1", "expected keys and values"),
	CASE("mode: enforce\n", "1:1", "the key 'interfaces' is missing"),
	CASE("# a comment\n\nmode: enforce\n", "3:1", "the key 'interfaces' is missing"),
	CASE("- a\n- b\n", "1:1", "expected keys and values"),
	CASE("hello\n", "1:1", "expected keys and values"),
	CASE(GUESTS "---\nmode: monitor\n", "2:1", "a second document begins here"),
	CASE(GUESTS "...\n---\nmode: monitor\n", "3:1", "a second document begins here"),
	CASE(GUESTS "mode: [drop\n", "3:1", "not valid YAML"),
	CASE(GUESTS "mode: 'drop\n", "3:1", "not valid YAML"),
	CASE(GUESTS "  mode: drop\n", "2:3", "not valid YAML"),
	CASE(GUESTS "\tmode: drop\n", "2:1", "not valid YAML"),
	CASE(GUESTS "mode: @drop\n", "2:7", "not valid YAML"),
	CASE(GUESTS "mode: en\0force\n", "2:9", "control characters are not allowed"),
	CASE(GUESTS "mode: \001\n", "2:7", "control characters are not allowed"),
	CASE(GUESTS "mode: \xff\n", "2:7", "must be UTF-8 text"),
	CASE(GUESTS "# \xc3\xa9\xc3\xa9 \xc3(\n", "2:7", "must be UTF-8 text"),
	CASE("\xff\xfem\0o\0", "1:1", "must be UTF-8 text"),
	CASE(GUESTS "mode: &a enforce\n", "2:7", "anchors and aliases are not supported"),
	CASE(GUESTS "mode: *a\n", "2:7", "anchors and aliases are not supported"),
	CASE("interfaces: &a [*a]\n", "1:13", "anchors and aliases are not supported"),
	CASE("interfaces: [&a {match: x}]\n", "1:14", "anchors and aliases are not supported"),
	CASE(GUESTS "mode: !!str enforce\n", "2:7", "tags are not supported"),
	CASE(GUESTS "policy: !x {}\n", "2:9", "tags are not supported"),
	CASE(GUESTS "feeds: !x []\n", "2:8", "tags are not supported"),
	CASE(GUESTS "feeds: [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]\n", "2:23",
	     "nested too deeply"),

	/* Keys */
	CASE(GUESTS "polcy: {}\n", "2:1", "unknown key 'polcy': did you mean 'policy'?"),
	CASE(GUESTS "zzz: 1\n", "2:1",
	     "unknown key 'zzz': known here are mode, on_block, interfaces"),
	CASE(GUESTS "policy:\n  blok_score: 3\n", "3:3", "did you mean 'block_score'?"),
	CASE(GUESTS "policy: {guard: {max_new_block: 3}}\n", "2:18", "'max_new_blocks'?"),
	CASE(GUESTS "<<: {mode: drop}\n", "2:1", "unknown key '<<'"),
	CASE(GUESTS "[a, b]: c\n", "2:1", "a key must be a word"),
	CASE(GUESTS "{}: c\n", "2:1", "a key must be a word"),
	CASE(GUESTS "\"mode\\0x\": enforce\n", "2:1", "unknown key 'mode'"),
	CASE(GUESTS "mode: enforce\nmode: monitor\n", "3:1",
	     "'mode' is here a second time, after "
	     "line 2"),
	CASE(GUESTS "limits: {blocks: 1, blocks: 2}\n", "2:21", "'blocks' is here a second time"),

	/* Kinds of value */
	CASE(GUESTS "mode: [enforce]\n", "2:7", "mode: expected a single value, not a list"),
	CASE(GUESTS "mode: {a: b}\n", "2:7", "mode: expected a single value, not a mapping"),
	CASE(GUESTS "mode:\n", "2:6", "mode: there is no value"),
	CASE(GUESTS "policy:\n", "2:8", "policy: expected keys and values"),
	CASE(GUESTS "policy: []\n", "2:9", "policy: expected keys and values"),
	CASE(GUESTS "feeds: {}\n", "2:8", "feeds: expected a list"),
	CASE(GUESTS "state: \"/a\\nb\"\n", "2:8", "state: has a control character in it"),
	CASE(GUESTS "state: \"/a\\0b\"\n", "2:8", "state: has a control character in it"),

	/* Words, numbers, shares, durations, prefixes */
	CASE(GUESTS "mode: enfroce\n", "2:7", "mode: 'enfroce' is not enforce or monitor"),
	CASE(GUESTS "mode: Enforce\n", "2:7", "is not enforce or monitor"),
	CASE(GUESTS "mode: \"\"\n", "2:7", "mode: '' is not enforce or monitor"),
	CASE(GUESTS "on_block: rst\n", "2:11", "is not drop or reset"),
	CASE(GUESTS "policy: {release: never}\n", "2:19", "is not automatic or on-request"),
	CASE(GUESTS "policy: {block_score: 0}\n", "2:23",
	     "is not a whole number from 1 to 4294967295"),
	CASE(GUESTS "policy: {block_score: 4294967296}\n", "2:23", "is not a whole number"),
	CASE(GUESTS "policy: {block_score: -1}\n", "2:23", "is not a whole number"),
	CASE(GUESTS "policy: {block_score: 3.5}\n", "2:23", "is not a whole number"),
	CASE(GUESTS "policy: {block_score: 0x10}\n", "2:23", "is not a whole number"),
	CASE(GUESTS "policy: {block_score: 010}\n", "2:23", "is not a whole number"),
	CASE(GUESTS "policy: {block_score: 99999999999999999999}\n", "2:23",
	     "is not a whole number"),
	CASE(GUESTS "policy: {block_score: \"\"}\n", "2:23", "is not a whole number"),
	CASE(GUESTS "limits: {blocks: 0}\n", "2:18", "from 1 to 16777216"),
	CASE(GUESTS "limits: {blocks: 16777217}\n", "2:18", "from 1 to 16777216"),
	CASE(GUESTS "limits: {prefixes: 1000001}\n", "2:20", "from 1 to 1000000"),
	CASE(GUESTS "limits: {sources: 16777217}\n", "2:19", "from 1 to 16777216"),
	CASE(GUESTS "policy: {guard: {max_removed_share: 101%}}\n", "2:37",
	     "share from 0% to 100%"),
	CASE(GUESTS "policy: {guard: {max_removed_share: 50}}\n", "2:37", "share from 0% to 100%"),
	CASE(GUESTS "policy: {guard: {max_removed_share: \"%\"}}\n", "2:37",
	     "share from 0% to 100%"),
	CASE(GUESTS "policy: {guard: {max_removed_share: 99999999999%}}\n", "2:37", "share from"),
	CASE(GUESTS "policy: {guard: {max_removed_share: 50%%}}\n", "2:37", "share from"),
	CASE(GUESTS "policy: {duration: 90}\n", "2:20", "is not a duration: write 90s, 10m"),
	CASE(GUESTS "policy: {duration: 0s}\n", "2:20", "is not a duration from 1s to 36500d"),
	CASE(GUESTS "policy: {max: 36501d}\n", "2:15", "is not a duration from 1s to 36500d"),
	CASE(GUESTS "policy: {max: 99999999999999999999d}\n", "2:15", "is not a duration from 1s"),
	CASE(GUESTS "policy: {max: 0s}\n", "2:15", "is not a duration from 1s to 36500d"),
	CASE(GUESTS "policy: {forget_after: soon}\n", "2:24", "is not a duration: write"),
	CASE(GUESTS "policy: {allow: [192.0.2.1, 192.0.2.1/24]}\n", "2:29",
	     "allow: '192.0.2.1/24' has bits set behind its length"),
	CASE(GUESTS "policy: {allow: [192.0.2.0/33]}\n", "2:18", "has a length beyond 32"),
	CASE(GUESTS "policy: {allow: 192.0.2.1}\n", "2:17", "allow: expected a list"),
	CASE(GUESTS "policy:\n  exempt_destinations:\n    - mx.example.org\n", "4:7",
	     "is not an IPv4 or IPv6 address or prefix"),
	CASE(GUESTS "policy: {allow: [[]]}\n", "2:18", "expected a single value, not a list"),

	/* policy */
	CASE(GUESTS "policy: {multipliers: []}\n", "2:23", "must have at least 1 item"),
	CASE(GUESTS "policy: {multipliers: [1, 0]}\n", "2:27", "from 1 to 1000000"),
	CASE(GUESTS "policy: {multipliers: [1000001]}\n", "2:24", "from 1 to 1000000"),
	CASE(GUESTS "policy: {multipliers: 4}\n", "2:23", "multipliers: expected a list"),
	CASE(GUESTS
	     "policy: {multipliers: [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
	     "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}\n",
	     "2:23", "has more than 64 items"),
	CASE(GUESTS "policy: {ipv6_unit: 96}\n", "2:21", "ipv6_unit: '96' is not 64 or 128"),
	CASE(GUESTS "policy: {ipv6_unit: {}}\n", "2:21", "ipv6_unit: expected a single value"),
	CASE(GUESTS "policy: {ipv6_unit: [64]}\n", "2:22", "ipv6_unit: expected keys and values"),
	CASE(GUESTS "policy: {ipv6_unit: [{match: \"2001:db8::/32\"}]}\n", "2:22",
	     "the key 'unit' is missing"),
	CASE(GUESTS "policy: {ipv6_unit: [{unit: 64}]}\n", "2:22", "the key 'match' is missing"),
	CASE(GUESTS "policy: {ipv6_unit: [{match: 192.0.2.0/24, unit: 64}]}\n", "2:30", "is IPv4"),
	CASE(GUESTS "policy: {ipv6_unit: [{match: \"2001:db8::1\", unit: 64}]}\n", "2:30",
	     "narrower than its unit"),

	/* interfaces */
	CASE("interfaces: []\n", "1:13", "interfaces: the list must have at least 1 item"),
	CASE("interfaces: tap0\n", "1:13", "interfaces: expected a list"),
	CASE("interfaces: [tap0]\n", "1:14", "interfaces: expected keys and values"),
	CASE("interfaces:\n  - role: guest\n", "2:5", "the key 'match' is missing"),
	CASE("interfaces:\n  - match: tap0\n", "2:5", "the key 'role' is missing"),
	CASE("interfaces: [{match: \"\", role: guest}]\n", "1:22",
	     "is no pattern of interface names"),
	CASE("interfaces: [{match: a/b, role: guest}]\n", "1:22",
	     "is no pattern of interface names"),
	CASE("interfaces: [{match: \"tap[0\", role: guest}]\n", "1:22",
	     "has a '[' without its ']'"),
	CASE("interfaces: [{match: \"tap[\", role: guest}]\n", "1:22", "has a '[' without its ']'"),
	CASE("interfaces: [{match: \"[!]\", role: guest}]\n", "1:22", "has a '[' without its ']'"),
	CASE("interfaces: [{match: 'tap\\', role: guest}]\n", "1:22", "ends with a backslash"),
	CASE("interfaces: [{match: tap4567890123456, role: guest}]\n", "1:22", "(15 characters)"),
	CASE("interfaces: [{match: tap0, role: host}]\n", "1:34", "is not guest or uplink"),
	CASE("interfaces: [{match: tap0, role: guest, hook: ebpf}]\n", "1:47",
	     "is not auto, xdp, xdp-native, xdp-generic or tc"),
	CASE("interfaces:\n  - match: eth0\n    hook: xdp\n    role: uplink\n", "3:11",
	     "XDP on an uplink sees only what arrives, and spam leaves there: use hook: tc or "
	     "auto"),
	CASE("interfaces: [{match: eth0, role: uplink, hook: xdp-native}]\n", "1:48",
	     "use hook: tc"),
	CASE("interfaces: [{match: eth0, role: uplink, hook: xdp-generic}]\n", "1:48",
	     "use hook: tc"),

	/* feeds */
	CASE(GUESTS "feeds: [{kind: list, type: list, url: \"file:///a\"}]\n", "2:9",
	     "the key 'name' is missing"),
	CASE(GUESTS "feeds: [{name: A}]\n", "2:16", "small letters, digits"),
	CASE(GUESTS "feeds: [{name: \"\"}]\n", "2:16", "small letters, digits"),
	CASE(GUESTS "feeds: [{name: a23456789012345678901234567890123}]\n", "2:16", "at most 31"),
	CASE(GUESTS "feeds: [{name: manual}]\n", "2:16", "choose another name"),
	CASE(GUESTS FEED "  - {name: a, kind: list, type: list, url: \"file:///b\"}\n", "4:12",
	     "there is a feed 'a' already"),
	CASE(GUESTS "feeds: [{name: a, kind: score}]\n", "2:25", "is not scores or list"),
	CASE(GUESTS "feeds: [{name: a, kind: scores, type: list, url: \"file:///a\"}]\n", "2:39",
	     "is of the other kind"),
	CASE(GUESTS "feeds: [{name: a, kind: list, type: ndjson, url: \"file:///a\"}]\n", "2:37",
	     "is of the other kind"),
	CASE(GUESTS "feeds: [{type: csv}]\n", "2:16",
	     "is not ndjson, nats, list, drop or crowdsec"),
	CASE(GUESTS "feeds: [{url: \"nats://a/b\"}]\n", "2:15", "is not nats://HOST:PORT"),
	CASE(GUESTS "feeds: [{url: \"nats://u:p@a\"}]\n", "2:15", "is not nats://HOST:PORT"),
	CASE(GUESTS "feeds: [{url: \"nats://\"}]\n", "2:15", "is not nats://HOST:PORT"),
	CASE(GUESTS "feeds: [{url: \"nats://a,tls://b\"}]\n", "2:15", "all alike"),
	CASE(GUESTS "feeds: [{url: \"tls://a,\"}]\n", "2:15", "is not nats://HOST:PORT"),
	CASE(GUESTS "feeds: [{name: a, kind: scores, type: ndjson, url: \"nats://a\"}]\n", "2:52",
	     "the type is not nats"),
	CASE(GUESTS "feeds: [{name: a, kind: scores, type: nats, url: \"file:///a\"}]\n", "2:50",
	     "url: is not of a NATS server"),
	CASE(GUESTS "feeds: [{name: a, kind: list, type: nats, url: \"nats://a\"}]\n", "2:37",
	     "is of the other kind"),
	CASE(GUESTS NATS_FEED "    ca_file: /a\n", "7:14", "only with a https:// or tls:// url"),
	CASE(GUESTS NATS_FEED "    token_file: /a\n", "7:17", "only with a https:// url"),
	CASE(GUESTS NATS_FEED "    bucket: a.b\n", "7:13", "holds a '.'"),
	CASE(GUESTS NATS_FEED "    bucket: a b\n", "7:13", "is not a name"),
	CASE(GUESTS NATS_FEED "    nkey_file: /a\n    credentials_file: /b\n", "3:5",
	     "one of them, not both"),
	CASE(GUESTS FILE_FEED "    bucket: a\n", "7:13", "bucket: only of type nats"),
	CASE(GUESTS FILE_FEED "    nkey_file: /a\n", "7:16", "nkey_file: only of type nats"),
	CASE(GUESTS CROWDSEC "    kind: scores\n", "3:11", "is of the other kind"),
	CASE(GUESTS CROWDSEC "    kind: list\n", "3:5", "api_key_file is missing: `cscli"),
	CASE(GUESTS CROWDSEC_WITH_KEY "    token_file: /t\n", "8:17",
	     "token_file: not with type crowdsec"),
	CASE(GUESTS CROWDSEC_WITH_KEY "    ttl: 1d\n", "8:10", "ttl: not with type crowdsec"),
	CASE(GUESTS CROWDSEC_WITH_KEY "    scopes: [country]\n", "8:14", "is not ip or range"),
	CASE(GUESTS CROWDSEC_WITH_KEY "    scopes: []\n", "8:13", "at least 1 item"),
	CASE(GUESTS CROWDSEC_WITH_KEY "    scopes: [ip, ip, ip]\n", "8:13", "more than 2 items"),
	CASE(GUESTS CROWDSEC_WITH_KEY "    types: []\n", "8:12", "at least 1 item"),
	CASE(GUESTS CROWDSEC_WITH_KEY "    types: [\"a b\"]\n", "8:13", "is not a name"),
	CASE(GUESTS "feeds: [{name: a, kind: list, type: crowdsec, url: \"file:///a\"}]\n", "2:52",
	     "url: of a local API only the beginning"),
	CASE(GUESTS "feeds: [{name: a, kind: list, type: crowdsec, url: \"https://a/?b\"}]\n",
	     "2:52", "url: of a local API only the beginning"),
	CASE(GUESTS HTTPS_FEED "    api_key_file: /a\n", "7:19", "api_key_file: not with type"),
	CASE(GUESTS HTTPS_FEED "    types: [ban]\n", "7:12", "types: not with type"),
	CASE(GUESTS "feeds: [{url: \"file://host/a\"}]\n", "2:15", "is neither file:///absolute"),
	CASE(GUESTS "feeds: [{url: \"file:///\"}]\n", "2:15", "is neither file:///absolute/path"),
	CASE(GUESTS "feeds: [{url: \"file://\"}]\n", "2:15", "is neither file:///absolute/path"),
	CASE(GUESTS "feeds: [{url: /a/b}]\n", "2:15", "is neither file:///absolute/path"),
	CASE(GUESTS "feeds: [{url: \"http://a/b\"}]\n", "2:15",
	     "url: http:// is for loopback addresses only: use https://"),
	CASE(GUESTS "feeds: [{url: \"http://127.0.0.1.example.net/b\"}]\n", "2:15", "loopback"),
	CASE(GUESTS "feeds: [{url: \"http://[::1]x/b\"}]\n", "2:15", "loopback"),
	CASE(GUESTS "feeds: [{url: \"http://localhost.example.net/\"}]\n", "2:15", "loopback"),
	CASE(GUESTS "feeds: [{url: \"https://\"}]\n", "2:15", "url: is not a https:// URL"),
	CASE(GUESTS "feeds: [{url: \"https:///b\"}]\n", "2:15", "url: is not a https:// URL"),
	CASE(GUESTS "feeds: [{url: \"https://:8443/b\"}]\n", "2:15", "url: is not a https:// URL"),
	CASE(GUESTS "feeds: [{url: \"https://a/b c\"}]\n", "2:15", "url: is not a https:// URL"),
	CASE(GUESTS "feeds: [{url: \"https://me:hush@a/b\"}]\n", "2:15",
	     "url: holds a user or a password, which everybody would see"),
	CASE(GUESTS FILE_FEED "    ca_file: /a\n", "7:14",
	     "ca_file: only with a https:// or tls:// url"),
	CASE(GUESTS FILE_FEED "    token_file: /a\n", "7:17",
	     "token_file: only with a https:// url"),
	CASE(GUESTS HTTP_FEED "    ca_file: /a\n", "7:14",
	     "ca_file: only with a https:// or tls:// url"),
	CASE(GUESTS HTTPS_FEED "    cert_file: /a\n", "3:5", "one is nothing without the other"),
	CASE(GUESTS HTTPS_FEED "    key_file: /a\n", "3:5", "one is nothing without the other"),
	CASE(GUESTS HTTPS_FEED "    token_file: a\n", "7:17", "is not an absolute path"),
	CASE(GUESTS HTTPS_FEED "    size_limit: 1KB\n", "7:17", "is not a size from 1024 to"),
	CASE(GUESTS HTTPS_FEED "    size_limit: 1023\n", "7:17", "is not a size from 1024 to"),
	CASE(GUESTS HTTPS_FEED "    time_limit: 0s\n", "7:17", "is not a duration from 1s to 1d"),
	CASE(GUESTS HTTPS_FEED "    match: source\n", "7:12", "match: only a list is matched"),
	CASE(GUESTS HTTPS_FEED "    widest: {ipv4: 16}\n", "7:13", "widest: only of a list"),
	CASE(GUESTS HTTPS_FEED "    widest: {ipv4: 7}\n", "7:20", "from 8 to 32"),
	CASE(GUESTS HTTPS_FEED "    widest: {ipv6: 15}\n", "7:20", "from 16 to 128"),
	CASE(GUESTS HTTPS_FEED "    match: destination\n", "7:12", "is not source"),
	CASE(GUESTS "feeds: [{interval: 0s}]\n", "2:20", "is not a duration from 1s"),
	CASE(GUESTS "feeds: [{interval: 10}]\n", "2:20", "is not a duration: write"),
	CASE(GUESTS
	     "feeds:\n  - {name: a, kind: list, type: list, url: \"file:///a\", interval: 1h,\n"
	     "     stale_after: 59m}\n",
	     "4:19", "stale_after: shorter than the interval"),
	CASE(GUESTS
	     "feeds:\n  - {name: a, kind: list, type: list, url: \"file:///a\", interval: 1h,\n"
	     "     ttl: 59m}\n",
	     "4:11", "ttl: shorter than the interval"),
	CASE(GUESTS "feeds:\n  - {name: a, kind: scores, type: ndjson, url: \"file:///a\",\n"
		    "     ttl: 1h}\n",
	     "4:11", "ttl: only of a list"),

	/* api */
	CASE(GUESTS "api: {socket: run/s}\n", "2:15", "is not an absolute path"),
	CASE(GUESTS "api: {socket: /run/}\n", "2:15", "is not an absolute path"),
	CASE(GUESTS
	     "api: {socket: /2345678901234567890123456789012345678901234567890123456789012345"
	     "67890123456789012345678901234567890123456789}\n",
	     "2:15", "is longer than 107 bytes"),
	CASE(GUESTS "api: {group: \"\"}\n", "2:14", "is not a name"),
	CASE(GUESTS "api: {group: \"a b\"}\n", "2:14", "is not a name"),
	CASE(GUESTS "api: {listen: localhost:9925}\n", "2:15", "is not a numeric ADDRESS:PORT"),
	CASE(GUESTS "api: {listen: 127.0.0.1}\n", "2:15", "is not a numeric ADDRESS:PORT"),
	CASE(GUESTS "api: {listen: \"127.0.0.1:\"}\n", "2:15", "is not a numeric ADDRESS:PORT"),
	CASE(GUESTS "api: {listen: 127.0.0.1:09925}\n", "2:15", "is not a numeric ADDRESS:PORT"),
	CASE(GUESTS "api: {listen: 127.0.0.1:0}\n", "2:15", "is not a numeric ADDRESS:PORT"),
	CASE(GUESTS "api: {listen: 127.0.0.1:65536}\n", "2:15", "is not a numeric ADDRESS:PORT"),
	CASE(GUESTS "api: {listen: 127.0.0.1:4294967297}\n", "2:15",
	     "is not a numeric ADDRESS:PORT"),
	CASE(GUESTS "api: {listen: \":9925\"}\n", "2:15", "is not a numeric ADDRESS:PORT"),
	CASE(GUESTS "api: {listen: \"::1:9925\"}\n", "2:15", "is not a numeric ADDRESS:PORT"),
	CASE(GUESTS "api: {listen: \"[127.0.0.1]:9925\"}\n", "2:15",
	     "is not a numeric ADDRESS:PORT"),
	CASE(GUESTS "api: {listen: \"[:9925\"}\n", "2:15", "is not a numeric ADDRESS:PORT"),
	CASE(GUESTS "api: {listen: \"]:9925\"}\n", "2:15", "is not a numeric ADDRESS:PORT"),

	/* usage */
	CASE(GUESTS "usage: [{url: \"https://a\"}]\n", "2:9", "the key 'name' is missing"),
	CASE(GUESTS "usage: [{name: a}]\n", "2:9", "the key 'url' is missing"),
	CASE(GUESTS "usage: [{name: a/b, url: \"https://a\"}]\n", "2:16", "is not a name"),
	CASE(GUESTS "usage: [{name: a, url: \"http://a\"}]\n", "2:24", "loopback"),
	CASE(GUESTS "usage: [{name: a, url: \"https://a\", cert_file: /c}]\n", "2:9",
	     "cert_file and key_file: one is nothing without the other"),
	CASE(GUESTS "usage: [{name: a, url: \"nats://a/b\"}]\n", "2:24", "is not nats://HOST"),
	CASE(GUESTS "usage: [{name: a, url: \"tls://a@b\"}]\n", "2:24", "is not nats://HOST"),
	CASE(GUESTS "usage: [{name: a, url: \"tls://a\", token_file: /t}]\n", "2:47",
	     "token_file: not with a url that begins with tls://"),
	CASE(GUESTS "usage: [{name: a, url: \"https://a\", nkey_file: /n}]\n", "2:48",
	     "nkey_file: not with a url that begins with https://"),
	CASE(GUESTS "usage: [{name: a, url: \"https://a\", stream: s}]\n", "2:45",
	     "stream: not with a url"),
	CASE(GUESTS "usage: [{name: a, url: \"https://a\", spool_limit: 1MB}]\n", "2:50",
	     "is not a size"),
	CASE(GUESTS "usage: [{name: a, url: \"https://a\", spool_limit: 0}]\n", "2:50",
	     "is not a size"),
	CASE(GUESTS "usage: [{name: a, url: \"https://a\", spool_limit: 18446744073709551615}]\n",
	     "2:50", "is not a size"),
	CASE(GUESTS "usage: [{name: a, url: \"https://a\", spool_limit: 9223372036854775807GiB}]\n",
	     "2:50", "is not a size"),
	CASE(GUESTS "usage: [{name: a, url: \"https://a\"}, {name: a, url: \"https://b\"}]\n",
	     "2:45", "there is a receiver 'a' already"),

	/* notify */
	CASE(GUESTS "notify: [{}]\n", "2:10", "'command', 'webhook' and 'nats' is missing"),
	CASE(GUESTS "notify: [/bin/true]\n", "2:10", "notify: expected keys and values"),
	CASE(GUESTS "notify: [{command: true}]\n", "2:20", "is not an absolute path"),
	CASE(GUESTS "notify: [{webhook: \"http://a/\"}]\n", "2:20", "for loopback addresses only"),
	CASE(GUESTS "notify: [{webhook: \"https:///a\"}]\n", "2:20", "is not a https:// URL"),
	CASE(GUESTS "notify: [{webhook: \"https://\"}]\n", "2:20", "is not a https:// URL"),
	CASE(GUESTS "notify: [{webhook: \"https://u:p@a/\"}]\n", "2:20", "holds a user"),
	CASE(GUESTS "notify: [{nats: \"https://a\"}]\n", "2:17", "is not nats://HOST"),
	CASE(GUESTS "notify: [{command: /a, webhook: \"https://a/\"}]\n", "2:33", "make two of it"),
	CASE(GUESTS "notify: [{webhook: \"https://a/\", command: /a}]\n", "2:43", "make two of it"),
	CASE(GUESTS "notify: [{command: /a, secret_file: /b}]\n", "2:37", "not with `command`"),
	CASE(GUESTS "notify: [{webhook: \"https://a/\", secret_file: b}]\n", "2:47",
	     "is not an absolute path"),
	CASE(GUESTS "notify: [{command: /a, ca_file: /b}]\n", "2:33", "not with `command`"),
	CASE(GUESTS "notify: [{webhook: \"https://a/\", stream: b}]\n", "2:42",
	     "not with `webhook`"),
	CASE(GUESTS "notify: [{nats: \"nats://a\", time_limit: 5s}]\n", "2:41", "not with `nats`"),
	CASE(GUESTS "notify: [{nats: \"nats://a\", cert_file: /b}]\n", "2:10",
	     "one is nothing without the other"),
	CASE(GUESTS "notify: [{command: /a}, {command: /b}, {command: /a}]\n", "2:40",
	     "there is a receiver '/a' already"),
	CASE(GUESTS "notify: [{webhook: \"https://a/b?c\"}, {webhook: \"https://a/b#d\"}]\n",
	     "2:38", "there is a receiver 'https://a/b' already"),
	CASE(GUESTS "notify: [{command: /a, name: \"b c\"}]\n", "2:30", "is not a name"),
	CASE(GUESTS "notify: [{command: /a, time_limit: 6m}]\n", "2:36", "time_limit"),

	/* The rest */
	CASE(GUESTS "state: smtpfence.db\n", "2:8",
	     "state: 'smtpfence.db' is not an absolute path"),
	CASE(GUESTS "state: /\n", "2:8", "is not an absolute path"),
	CASE(GUESTS "bpffs: \"\"\n", "2:8", "is not an absolute path"),
	/* Columns count characters: behind three of two bytes each. */
	CASE(GUESTS "state: /\xc3\xa9\nlimits: {\"\xc3\xa9\xc3\xa9\xc3\xa9\": 1}\n", "3:10",
	     "unknown key"),
	CASE(GUESTS "api: {group: \xc3\xa9, socket: x}\n", "2:14", "is not a name"),
	CASE("\xef\xbb\xbfmod: x\n", "1:1", "did you mean 'mode'?"),
	CASE("mode: enforce\r\nmod: x\r\n", "2:1", "did you mean 'mode'?"),
};

static char path[] = "/tmp/smtpfence-config-XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_file(const char *text, size_t length)
{
	_cleanup_fclose_ FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
}

static void assert_refused(const struct error_case *expected)
{
	struct config *config = NULL;
	struct error error = {0};
	char start[128];

	write_file(expected->text, expected->length);
	assert_int_equal(config_load(path, &config, &error), -EINVAL);
	assert_null(config);
	snprintf(start, sizeof(start), "%s:%s: ", path, expected->place);
	if (strncmp(error.text, start, strlen(start)) != 0 ||
	    !strstr(error.text, expected->message))
		fail_msg("of\n%s\nexpected %s...%s\ngot      %s", expected->text, start,
			 expected->message, error.text);
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(&cases[i]);
}

static void test_error_may_be_null(void **state)
{
	struct config *config = NULL;

	(void)state;
	write_file("mode: x\n", strlen("mode: x\n"));
	assert_int_equal(config_load(path, &config, NULL), -EINVAL);
	assert_int_equal(config_load("/nonexistent/smtpfence.yaml", &config, NULL), -ENOENT);
}

static void assert_unreadable(const char *file, int code, const char *text)
{
	struct config *config = NULL;
	struct error error = {0};

	assert_int_equal(config_load(file, &config, &error), code);
	assert_null(config);
	assert_string_equal(error.text, text);
}

static void test_unreadable(void **state)
{
	(void)state;
	assert_unreadable("/nonexistent/smtpfence.yaml", -ENOENT,
			  "/nonexistent/smtpfence.yaml: cannot open: No such file or directory");
	assert_unreadable("/tmp", -EISDIR, "/tmp: cannot read: Is a directory");
	assert_unreadable("/dev/zero", -EFBIG, "/dev/zero: larger than 1048576 bytes");
}

/* So deep that a parser that calls itself would run out of stack, and in little time. */
static void test_nested_very_deeply(void **state)
{
	const size_t depth = 400000;
	_cleanup_free_ char *text = malloc(2 * depth + 1);
	struct error_case expected = {text, "1:17", "nested too deeply", 2 * depth};

	(void)state;
	assert_non_null(text);
	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	text[2 * depth] = '\0';
	assert_refused(&expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_error_may_be_null),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_nested_very_deeply),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
