/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which entry decides: lengths, allow and drop inside each other, deadlines, exempt, monitor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "entry_points.h"

struct row {
	const char *description;
	const char *maps; /* as configure() reads it */
	const char *frame;
	enum smtpfence_reason reason;
	const char *match; /* the entry that decides; NULL: none */
};

#define SMTP	  SMTPFENCE_REASON_SMTP
#define OTHER	  SMTPFENCE_REASON_OTHER
#define ALLOWED	  SMTPFENCE_REASON_ALLOWED
#define EXEMPT	  SMTPFENCE_REASON_EXEMPT
#define EXPIRED	  SMTPFENCE_REASON_EXPIRED
#define MONITORED SMTPFENCE_REASON_MONITORED
#define BLOCKED	  SMTPFENCE_REASON_BLOCKED

/* Frames from 192.0.2.1 to 198.51.100.25, and from 2001:db8:1:2::1 to 2001:db8:ff::25. */
#define V4 "ip4 tcp:25,syn"
#define V6 "ip6 tcp:25,syn"

/* Every length of a prefix around 192.0.2.1, expired. */
#define NESTED4                                                                                    \
	"drop~:192.0.2.1/32 drop~:192.0.2.0/31 drop~:192.0.2.0/30 drop~:192.0.2.0/29 "             \
	"drop~:192.0.2.0/28 drop~:192.0.2.0/27 drop~:192.0.2.0/26 drop~:192.0.2.0/25 "             \
	"drop~:192.0.2.0/24 drop~:192.0.2.0/23 drop~:192.0.0.0/22 drop~:192.0.0.0/16 "

/* clang-format off */
static const struct row rows[] = {
	/* Lengths. */
	{"no entry, IPv4", "", V4, SMTP, NULL},
	{"no entry, IPv6", "", V6, SMTP, NULL},
	{"/32", "drop:192.0.2.1/32", V4, BLOCKED, "192.0.2.1/32"},
	{"/32 next to it", "drop:192.0.2.0/32 drop:192.0.2.2/32", V4, SMTP, NULL},
	{"/31", "drop:192.0.2.0/31", V4, BLOCKED, "192.0.2.0/31"},
	{"/25", "drop:192.0.2.0/25", V4, BLOCKED, "192.0.2.0/25"},
	{"/25 next to it", "drop:192.0.2.128/25", V4, SMTP, NULL},
	{"/24", "drop:192.0.2.0/24", V4, BLOCKED, "192.0.2.0/24"},
	{"/8", "drop:192.0.0.0/8", V4, BLOCKED, "192.0.0.0/8"},
	{"/1", "drop:128.0.0.0/1", V4, BLOCKED, "128.0.0.0/1"},
	{"0.0.0.0/0", "drop:0.0.0.0/0", V4, BLOCKED, "0.0.0.0/0"},
	{"0.0.0.0/0 is not for IPv6", "drop:0.0.0.0/0", V6, SMTP, NULL},
	{"/128", "drop:2001:db8:1:2::1/128", V6, BLOCKED, "2001:db8:1:2::1/128"},
	{"/128 next to it", "drop:2001:db8:1:2::2/128", V6, SMTP, NULL},
	{"/127", "drop:2001:db8:1:2::/127", V6, BLOCKED, "2001:db8:1:2::/127"},
	{"/65", "drop:2001:db8:1:2::/65", V6, BLOCKED, "2001:db8:1:2::/65"},
	{"/65 next to it", "drop:2001:db8:1:2:8000::/65", V6, SMTP, NULL},
	{"/64", "drop:2001:db8:1:2::/64", V6, BLOCKED, "2001:db8:1:2::/64"},
	{"/64 next to it", "drop:2001:db8:1:3::/64", V6, SMTP, NULL},
	{"/63", "drop:2001:db8:1:2::/63", V6, BLOCKED, "2001:db8:1:2::/63"},
	{"/48", "drop:2001:db8:1::/48", V6, BLOCKED, "2001:db8:1::/48"},
	{"/32, IPv6", "drop:2001:db8::/32", V6, BLOCKED, "2001:db8::/32"},
	{"/1, IPv6", "drop:::/1", V6, BLOCKED, "::/1"},
	{"::/0", "drop:::/0", V6, BLOCKED, "::/0"},
	{"::/0 is not for IPv4", "drop:::/0", V4, SMTP, NULL},
	{"::/64 is not for IPv4", "drop:::/64", V4, SMTP, NULL},
	{"::/80 is not for IPv4", "drop:::/80", V4, SMTP, NULL},
	{"only TCP 25 is blocked", "drop:192.0.2.1/32", "ip4 tcp:587,syn", OTHER, NULL},

	/* An IPv6 packet from a v4-mapped address is from that IPv4 address. */
	{"mapped source, /32", "drop:192.0.2.1/32", "ip6:src=::ffff:192.0.2.1 tcp:25", BLOCKED,
	 "192.0.2.1/32"},
	{"mapped source, /24", "drop:192.0.2.0/24", "ip6:src=::ffff:192.0.2.1 tcp:25", BLOCKED,
	 "192.0.2.0/24"},
	{"mapped source, ::/64 is not for it", "drop:::/64", "ip6:src=::ffff:192.0.2.1 tcp:25", SMTP,
	 NULL},
	{"mapped source, not blocked", "drop:192.0.2.2/32", "ip6:src=::ffff:192.0.2.1 tcp:25", SMTP,
	 NULL},
	{"not quite mapped", "drop:192.0.2.1/32", "ip6:src=::fffe:192.0.2.1 tcp:25", SMTP, NULL},
	{"not quite mapped, ::/64", "drop:::/64", "ip6:src=::fffe:192.0.2.1 tcp:25", BLOCKED, "::/64"},
	{"compatible is not mapped", "drop:192.0.2.1/32", "ip6:src=::192.0.2.1 tcp:25", SMTP, NULL},

	/* The most specific wins. */
	{"allow /32 in drop /24", "allow:192.0.2.1/32 drop:192.0.2.0/24", V4, ALLOWED, "192.0.2.1/32"},
	{"allow /25 in drop /24", "allow:192.0.2.0/25 drop:192.0.2.0/24", V4, ALLOWED, "192.0.2.0/25"},
	{"drop /32 in allow /24", "drop:192.0.2.1/32 allow:192.0.2.0/24", V4, BLOCKED, "192.0.2.1/32"},
	{"drop /25 in allow /24", "drop:192.0.2.0/25 allow:192.0.2.0/24", V4, BLOCKED, "192.0.2.0/25"},
	{"drop in allow in drop", "drop:192.0.2.1/32 allow:192.0.2.0/25 drop:192.0.2.0/24", V4,
	 BLOCKED, "192.0.2.1/32"},
	{"allow next to it", "allow:192.0.2.2/32 drop:192.0.2.0/24", V4, BLOCKED, "192.0.2.0/24"},
	{"allow and nothing else", "allow:192.0.2.1/32", V4, ALLOWED, "192.0.2.1/32"},
	{"allow /128 in drop /64", "allow:2001:db8:1:2::1/128 drop:2001:db8:1:2::/64", V6, ALLOWED,
	 "2001:db8:1:2::1/128"},
	{"allow /96 in drop /64", "allow:2001:db8:1:2::/96 drop:2001:db8:1:2::/64", V6, ALLOWED,
	 "2001:db8:1:2::/96"},
	{"allow /64 in drop /48", "allow:2001:db8:1:2::/64 drop:2001:db8:1::/48", V6, ALLOWED,
	 "2001:db8:1:2::/64"},
	{"drop /64 in allow /48", "drop:2001:db8:1:2::/64 allow:2001:db8:1::/48", V6, BLOCKED,
	 "2001:db8:1:2::/64"},
	{"allow /56 in drop /48", "allow:2001:db8:1::/56 drop:2001:db8:1::/48", V6, ALLOWED,
	 "2001:db8:1::/56"},
	{"drop /128, /96, /64, /48: the /128",
	 "drop:2001:db8:1:2::1/128 drop:2001:db8:1:2::/96 drop:2001:db8:1:2::/64 drop:2001:db8:1::/48",
	 V6, BLOCKED, "2001:db8:1:2::1/128"},
	{"drop /96, /64, /48: the /96",
	 "drop:2001:db8:1:2::/96 drop:2001:db8:1:2::/64 drop:2001:db8:1::/48", V6, BLOCKED,
	 "2001:db8:1:2::/96"},
	{"drop /64, /48: the /64", "drop:2001:db8:1:2::/64 drop:2001:db8:1::/48", V6, BLOCKED,
	 "2001:db8:1:2::/64"},

	/* Deadlines. */
	{"live", "drop+:192.0.2.1/32", V4, BLOCKED, "192.0.2.1/32"},
	{"live, IPv6", "drop+:2001:db8:1:2::/64", V6, BLOCKED, "2001:db8:1:2::/64"},
	{"live prefix", "drop+:192.0.2.0/24", V4, BLOCKED, "192.0.2.0/24"},
	{"expired", "drop~:192.0.2.1/32", V4, EXPIRED, "192.0.2.1/32"},
	{"expired /64", "drop~:2001:db8:1:2::/64", V6, EXPIRED, "2001:db8:1:2::/64"},
	{"expired /128", "drop~:2001:db8:1:2::1/128", V6, EXPIRED, "2001:db8:1:2::1/128"},
	{"expired prefix", "drop~:192.0.2.0/24", V4, EXPIRED, "192.0.2.0/24"},
	{"expired prefix, IPv6", "drop~:2001:db8:1::/48", V6, EXPIRED, "2001:db8:1::/48"},
	{"expired allow", "allow~:192.0.2.1/32", V4, SMTP, "192.0.2.1/32"},
	{"expired /32 in live /24", "drop~:192.0.2.1/32 drop:192.0.2.0/24", V4, BLOCKED,
	 "192.0.2.0/24"},
	{"expired /25 in live /24", "drop~:192.0.2.0/25 drop+:192.0.2.0/24", V4, BLOCKED,
	 "192.0.2.0/24"},
	{"live /32 in expired /24", "drop+:192.0.2.1/32 drop~:192.0.2.0/24", V4, BLOCKED,
	 "192.0.2.1/32"},
	{"expired allow in live drop", "allow~:192.0.2.1/32 drop:192.0.2.0/24", V4, BLOCKED,
	 "192.0.2.0/24"},
	{"expired drop in live allow", "drop~:192.0.2.1/32 allow:192.0.2.0/24", V4, ALLOWED,
	 "192.0.2.0/24"},
	{"live allow in live drop", "allow+:192.0.2.1/32 drop+:192.0.2.0/24", V4, ALLOWED,
	 "192.0.2.1/32"},
	{"all expired, the nearest is a drop", "drop~:192.0.2.1/32 allow~:192.0.2.0/24", V4, EXPIRED,
	 "192.0.2.1/32"},
	{"all expired, the nearest is an allow", "allow~:192.0.2.1/32 drop~:192.0.2.0/24", V4, SMTP,
	 "192.0.2.1/32"},
	{"all expired, 12 deep", NESTED4, V4, EXPIRED, "192.0.2.1/32"},
	{"12 expired in a live one", NESTED4 "drop:192.0.0.0/8", V4, BLOCKED, "192.0.0.0/8"},
	{"12 expired in an allow", NESTED4 "allow:0.0.0.0/0", V4, ALLOWED, "0.0.0.0/0"},
	{"expired /96 in live /64", "drop~:2001:db8:1:2::/96 drop:2001:db8:1:2::/64", V6, BLOCKED,
	 "2001:db8:1:2::/64"},
	{"expired /64 in live /48", "drop~:2001:db8:1:2::/64 drop:2001:db8:1::/48", V6, BLOCKED,
	 "2001:db8:1::/48"},
	{"expired /128, /96, /64, /63, live /0",
	 "drop~:2001:db8:1:2::1/128 drop~:2001:db8:1:2::/96 drop~:2001:db8:1:2::/64 "
	 "drop~:2001:db8:1:2::/63 drop:::/0", V6, BLOCKED, "::/0"},
	{"live /64 between expired ones",
	 "drop~:2001:db8:1:2::/96 drop:2001:db8:1:2::/64 drop~:2001:db8:1::/48", V6, BLOCKED,
	 "2001:db8:1:2::/64"},
	{"expired, undecided frame", "drop~:2001:db8:1:2::/64", "ip6 frag:more tcp:25,size=0", EXPIRED,
	 "2001:db8:1:2::/64"},

	/* Exempt destinations. */
	{"exempt /32", "drop:192.0.2.1/32 exempt:198.51.100.25/32", V4, EXEMPT, "192.0.2.1/32"},
	{"exempt /24", "drop:192.0.2.1/32 exempt:198.51.100.0/24", V4, EXEMPT, "192.0.2.1/32"},
	{"exempt next to it", "drop:192.0.2.1/32 exempt:198.51.100.24/32", V4, BLOCKED,
	 "192.0.2.1/32"},
	{"exempt /128", "drop:2001:db8:1:2::/64 exempt:2001:db8:ff::25/128", V6, EXEMPT,
	 "2001:db8:1:2::/64"},
	{"exempt /48", "drop:2001:db8:1:2::/64 exempt:2001:db8:ff::/48", V6, EXEMPT,
	 "2001:db8:1:2::/64"},
	{"exempt is a destination, not a source", "drop:192.0.2.1/32 exempt:192.0.2.1/32", V4, BLOCKED,
	 "192.0.2.1/32"},
	{"exempt, source not blocked", "exempt:198.51.100.25/32", V4, SMTP, NULL},
	{"exempt, source allowed", "allow:192.0.2.1/32 exempt:198.51.100.25/32", V4, ALLOWED,
	 "192.0.2.1/32"},
	{"exempt, block expired", "drop~:192.0.2.1/32 exempt:198.51.100.25/32", V4, EXPIRED,
	 "192.0.2.1/32"},
	{"exempt, undecided frame", "drop:2001:db8:1:2::/64 exempt:2001:db8:ff::25/128",
	 "ip6 frag:more tcp:25,size=0", EXEMPT, "2001:db8:1:2::/64"},
	{"exempt, malformed frame", "drop:192.0.2.1/32 exempt:198.51.100.25/32",
	 "ip4:ihl=4 tcp:25,syn", EXEMPT, "192.0.2.1/32"},
	{"exempt, mapped destination", "drop:2001:db8:1:2::/64 exempt:198.51.100.25/32",
	 "ip6:dst=::ffff:198.51.100.25 tcp:25", EXEMPT, "2001:db8:1:2::/64"},
	{"exempt ::/0 is not for IPv4", "drop:192.0.2.1/32 exempt:::/0", V4, BLOCKED, "192.0.2.1/32"},
	{"exempt ::/0", "drop:2001:db8:1:2::/64 exempt:::/0", V6, EXEMPT, "2001:db8:1:2::/64"},
	{"exempt 0.0.0.0/0", "drop:192.0.2.1/32 exempt:0.0.0.0/0", V4, EXEMPT, "192.0.2.1/32"},

	/* Monitor. */
	{"monitor", "monitor drop:192.0.2.1/32", V4, MONITORED, "192.0.2.1/32"},
	{"monitor, prefix", "monitor drop:2001:db8::/32", V6, MONITORED, "2001:db8::/32"},
	{"monitor, not blocked", "monitor", V4, SMTP, NULL},
	{"monitor, allowed", "monitor allow:192.0.2.1/32", V4, ALLOWED, "192.0.2.1/32"},
	{"monitor, exempt", "monitor drop:192.0.2.1/32 exempt:198.51.100.25/32", V4, EXEMPT,
	 "192.0.2.1/32"},
	{"monitor, expired", "monitor drop~:192.0.2.1/32", V4, EXPIRED, "192.0.2.1/32"},
	{"monitor, undecided frame", "monitor drop:2001:db8:1:2::/64", "ip6 frag:more tcp:25,size=0",
	 MONITORED, "2001:db8:1:2::/64"},
	{"monitor, malformed frame", "monitor drop:192.0.2.1/32", "ip4:ihl=4 tcp:25", MONITORED,
	 "192.0.2.1/32"},
};
/* clang-format on */

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static void test_row(void **state)
{
	const struct row *row = *state;

	configure_everywhere(row->maps);
	expect_everywhere(row->frame, row->reason);
	expect_match(row->frame, row->match);
}

static struct smtpfence_prefix cut(const uint8_t address[16], unsigned int length)
{
	struct smtpfence_prefix prefix = {.length = length};
	unsigned int bit;

	for (bit = 0; bit < length; bit++)
		prefix.address[bit / 8] |= address[bit / 8] & 0x80 >> bit % 8;
	return prefix;
}

/* Drop entries of every length around an address, all of them expired but one. */
static void configure_nested(const char *address, unsigned int shortest, unsigned int live)
{
	unsigned int length;
	uint8_t bytes[16];

	parse_address(bytes, address);
	for (length = shortest; length <= 128; length++) {
		struct smtpfence_prefix prefix = cut(bytes, length);
		uint64_t deadline = length == live ? 0 : 1;

		add_entry(loaded[0], &prefix, SMTPFENCE_ACTION_DROP, deadline);
		add_entry(loaded[1], &prefix, SMTPFENCE_ACTION_DROP, deadline);
	}
}

static void test_every_length(void **state)
{
	unsigned int live;

	for (live = SMTPFENCE_IPV4_BITS; live <= 128; live++) {
		reset_entry_points(state);
		configure_nested(SOURCE4, SMTPFENCE_IPV4_BITS, live);
		expect_everywhere(V4, BLOCKED);
	}
	for (live = 0; live <= 128; live++) {
		reset_entry_points(state);
		configure_nested(SOURCE6, 0, live);
		expect_everywhere(V6, BLOCKED);
	}
}

int main(void)
{
	struct CMUnitTest tests[ROW_COUNT + 1] = {
		[ROW_COUNT] = {.name = "expired entries of every length around a live one",
			       .test_func = test_every_length,
			       .setup_func = reset_entry_points},
	};
	size_t i;

	for (i = 0; i < ROW_COUNT; i++) {
		struct CMUnitTest test = {.name = rows[i].description,
					  .test_func = test_row,
					  .setup_func = reset_entry_points,
					  .initial_state = (void *)(uintptr_t)&rows[i]};

		tests[i] = test;
	}
	return _cmocka_run_group_tests("entries", tests, ROW_COUNT + 1, load_entry_points,
				       unload_entry_points);
}
