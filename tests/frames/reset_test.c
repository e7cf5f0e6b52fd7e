/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `on_block: reset`: which SYNs are answered, and every byte of the answer, by test run. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cmocka.h>

#include "entry_points.h"
#include "refusal.h"

#define CHECKSUM_COMPLETE_FLAG (1U << 2) /* BPF_F_TEST_SKB_CHECKSUM_COMPLETE, Linux 6.10 */

#define LINEAR_MAX 3000 /* bytes that every kernel gives XDP in one buffer */
#define PADDING	   128	/* more is not kept behind an answer by generic XDP */

enum outcome {
	ANSWERED,
	DROPPED,
	PASSED,
};

struct row {
	const char *description;
	const char *frame;
	enum outcome outcome;
	uint8_t flags;	    /* 0: SYN */
	uint8_t header;	    /* of TCP, in bytes; 0: 20 */
	uint32_t payload;   /* bytes that are acknowledged */
	uint32_t sequence;  /* 0: any */
	bool partial;	    /* the checksum is left to the device */
	bool generic_drops; /* generic XDP cannot answer it */
	uint8_t group_at;   /* sets the lowest bit of that byte */
};

#define ROW(text, spec, expected, ...)                                                             \
	{                                                                                          \
		.description = (text), .frame = (spec), .outcome = (expected), ##__VA_ARGS__       \
	}
#define ANSWER(text, spec, ...) ROW(text, spec, ANSWERED, ##__VA_ARGS__)
#define DROP(text, spec, ...)	ROW(text, spec, DROPPED, ##__VA_ARGS__)
#define PASS(text, spec)	ROW(text, spec, PASSED)

/* clang-format off */
static const struct row rows[] = {
	ANSWER("IPv4", "ip4 tcp:25,syn"),
	ANSWER("IPv6", "ip6 tcp:25,syn"),
	ANSWER("a /24 is blocked", "ip4:src=203.0.113.9 tcp:25,syn"),
	ANSWER("sequence number at its end", "ip4 tcp:25,syn", .sequence = 0xffffffff),
	ANSWER("sequence number at its end, payload", "ip6 tcp:25,syn data:9", .sequence = 0xfffffffa,
	 .payload = 9),
	ANSWER("source port 25", "ip4 tcp:25,from=25,syn"),

	ANSWER("1 tag", "tag ip4 tcp:25,syn"),
	ANSWER("2 mixed tags", "tag:88a8 tag ip4 tcp:25,syn"),
	ANSWER("3 tags, IPv6", "tag:9100 tag:88a8 tag ip6 tcp:25,syn"),
	ANSWER("8 tags", "tag tag tag tag tag tag tag tag ip4 tcp:25,syn,size=40", .header = 40),
	ANSWER("8 tags, IPv6", "tag tag tag tag tag tag tag tag ip6 tcp:25,syn"),

	ANSWER("TCP options", "ip4 tcp:25,syn,size=40", .header = 40),
	ANSWER("TCP options, IPv6", "ip6 tcp:25,syn,size=40", .header = 40),
	ANSWER("most TCP options", "ip4 tcp:25,syn,size=60", .header = 60),
	ANSWER("fast open: payload", "ip4 tcp:25,syn,size=32 data:77", .header = 32, .payload = 77),
	ANSWER("fast open: payload, IPv6", "ip6 tcp:25,syn,size=32 data:78", .header = 32, .payload = 78),
	ANSWER("all that generic XDP pads", "ip4 tcp:25,syn data:128", .payload = PADDING),
	ANSWER("more than it pads", "ip4 tcp:25,syn data:129", .payload = 129, .generic_drops = true),
	ANSWER("1000 bytes", "ip6 tcp:25,syn data:1000", .payload = 1000, .generic_drops = true),
	ANSWER("6000 bytes, in several buffers", "ip4 tcp:25,syn data:6000", .payload = 6000,
	 .generic_drops = true),
	ANSWER("padding is no payload", "ip4 tcp:25,syn trail:6"),
	ANSWER("padding behind payload", "ip4 tcp:25,syn data:3 trail:11", .payload = 3),
	ANSWER("padding, IPv6", "ip6 tcp:25,syn trail:40"),

	ANSWER("IPv4 options", "ip4:opts=4 tcp:25,syn"),
	ANSWER("most IPv4 options", "ip4:opts=40 tcp:25,syn,size=60", .header = 60),
	ANSWER("IPv4 options, payload, tags", "tag tag ip4:opts=12 tcp:25,syn data:5", .payload = 5),
	ANSWER("AH", "ip4 ah tcp:25,syn"),
	ANSWER("IPv6 hop-by-hop", "ip6 hop tcp:25,syn"),
	ANSWER("IPv6 chain", "ip6 hop dest route:size=24 tcp:25,syn,size=40", .header = 40),
	ANSWER("IPv6 atomic fragment", "ip6 frag tcp:25,syn"),
	ANSWER("IPv6 AH, tag", "tag ip6 ah tcp:25,syn"),
	ANSWER("a chain longer than generic XDP pads", "ip6 dest:size=136 tcp:25,syn",
	 .generic_drops = true),
	ANSWER("total length 0", "ip4:len=0 tcp:25,syn data:4", .payload = 4),
	ANSWER("payload length 0", "ip6:len=0 tcp:25,syn data:4", .payload = 4),

	ANSWER("ECN", "ip4 tcp:25,syn", .flags = SYN | ECE | CWR),
	ANSWER("SYN, PSH, URG", "ip4 tcp:25,syn", .flags = SYN | PSH | URG),
	ANSWER("SYN, FIN: both are acknowledged", "ip4 tcp:25,syn", .flags = SYN | FIN, .payload = 1),
	ANSWER("SYN, FIN, IPv6", "ip6 tcp:25,syn data:2", .flags = SYN | FIN, .payload = 3),

	ANSWER("checksum left to the device", "ip4 tcp:25,syn", .partial = true),
	ANSWER("checksum left to the device, IPv6", "ip6 tcp:25,syn", .partial = true),
	ANSWER("checksum left to the device, options", "tag ip4 tcp:25,syn,size=40", .header = 40,
	 .partial = true),
	ANSWER("checksum left to the device, payload", "ip6 tcp:25,syn data:7", .payload = 7,
	 .partial = true),
	ANSWER("checksum left to the device, IPv4 options", "ip4:opts=8 tcp:25,syn", .partial = true,
	 .generic_drops = true),
	ANSWER("checksum left to the device, IPv6 chain", "ip6 dest tcp:25,syn", .partial = true,
	 .generic_drops = true),

	DROP("SYN, ACK", "ip4 tcp:25", .flags = SYN | ACK),
	DROP("SYN, RST", "ip4 tcp:25", .flags = SYN | RST),
	DROP("RST", "ip6 tcp:25", .flags = RST),
	DROP("ACK", "ip4 tcp:25", .flags = ACK),
	DROP("ACK, PSH, IPv6", "ip6 tcp:25 data:9", .flags = ACK | PSH),
	DROP("FIN", "ip4 tcp:25", .flags = FIN),
	DROP("no flag", "ip4 tcp:25", .flags = URG),
	DROP("XMAS without SYN", "ip4 tcp:25", .flags = FIN | PSH | URG),
	DROP("all flags", "ip4 tcp:25", .flags = 0xff),

	DROP("first fragment", "ip4:more tcp:25,syn data:4"),
	DROP("first fragment, IPv6", "ip6 frag:more tcp:25,syn data:4"),
	DROP("first fragment behind others", "ip6 hop frag:more dest tcp:25,syn"),
	DROP("SNAP", "snap ip4 tcp:25,syn"),
	DROP("SNAP behind a tag", "tag snap ip6 tcp:25,syn"),
	DROP("TCP header of 16 bytes", "ip4 tcp:25,syn", .header = 16),
	DROP("TCP header longer than the packet", "ip4 tcp:25,syn,size=23", .header = 24),
	DROP("TCP header that reaches into the padding", "ip4 tcp:25,syn trail:40",
	 .header = 24),
	DROP("TCP cut off behind the flags", "ip4 tcp:25,syn,size=16"),
	DROP("length claims more", "ip4:len=41 tcp:25,syn"),

	DROP("to a group", "ip4 tcp:25,syn", .group_at = 0 + 1),
	DROP("from a group", "ip4 tcp:25,syn", .group_at = 6 + 1),
	DROP("to a multicast address", "ip4:dst=224.0.0.1 tcp:25,syn"),
	DROP("to the broadcast address", "ip4:dst=255.255.255.255 tcp:25,syn"),
	DROP("to no address", "ip4:dst=0.0.0.0 tcp:25,syn"),
	DROP("to the loopback address", "ip4:dst=127.0.0.1 tcp:25,syn"),
	DROP("from a multicast address", "ip4:src=239.1.1.1 tcp:25,syn"),
	DROP("to a multicast address, IPv6", "ip6:dst=ff02::1 tcp:25,syn"),
	DROP("from no address, IPv6", "ip6:src=:: tcp:25,syn"),
	DROP("to the loopback address, IPv6", "ip6:dst=::1 tcp:25,syn"),
	DROP("to a mapped address", "ip6:dst=::ffff:198.51.100.25 tcp:25,syn"),
	DROP("from a mapped address", "ip6:src=::ffff:192.0.2.1 tcp:25,syn"),

	PASS("not blocked", "ip4:src=192.0.2.2 tcp:25,syn"),
	PASS("port 465", "ip4 tcp:465,syn"),
	PASS("port 587, IPv6", "ip6 tcp:587,syn"),
};
/* clang-format on */

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

#define BLOCKS                                                                                     \
	"drop:192.0.2.1/32 drop:2001:db8:1:2::1/128 drop:203.0.113.0/24 drop:239.1.1.1/32 "        \
	"drop:::/128"

struct way {
	const char *name;
	enum smtpfence_hook hook;
	enum smtpfence_xdp_reply reply;
	int results[3]; /* by enum outcome */
};

#define XDP_RESULTS(answered)                                                                      \
	{                                                                                          \
		(answered), XDP_DROP, XDP_PASS                                                     \
	}
#define TC_RESULTS                                                                                 \
	{                                                                                          \
		TC_ACT_REDIRECT, TC_ACT_SHOT, TC_ACT_UNSPEC                                        \
	}

static const struct way ways[] = {
	{"XDP native", SMTPFENCE_HOOK_XDP_NATIVE, SMTPFENCE_XDP_REPLY_TX, XDP_RESULTS(XDP_TX)},
	{"XDP native on a veth", SMTPFENCE_HOOK_XDP_NATIVE, SMTPFENCE_XDP_REPLY_REDIRECT,
	 XDP_RESULTS(XDP_REDIRECT)},
	{"XDP generic", SMTPFENCE_HOOK_XDP_GENERIC, SMTPFENCE_XDP_REPLY_IN_PLACE,
	 XDP_RESULTS(XDP_TX)},
	{"TC ingress", SMTPFENCE_HOOK_TC_INGRESS, SMTPFENCE_XDP_REPLY_NONE, TC_RESULTS},
	{"TC egress", SMTPFENCE_HOOK_TC_EGRESS, SMTPFENCE_XDP_REPLY_NONE, TC_RESULTS},
};

#define WAY_COUNT (sizeof(ways) / sizeof(ways[0]))

static bool is_tc(const struct way *way)
{
	return way->results[DROPPED] == TC_ACT_SHOT;
}

static void build_row(struct built *frame, const struct row *row)
{
	struct places places;
	uint8_t *tcp;

	build_frame(frame, row->frame);
	if (row->outcome == PASSED)
		return;
	places = find_places(frame, row->frame);
	tcp = frame->bytes + places.tcp;
	put32(tcp + 4, row->sequence ? row->sequence : 0x12345678);
	put32(tcp + 8, 0xdeadbeef); /* means nothing without ACK */
	tcp[12] = (row->header ? row->header : TCP_HEADER) / 4 << 4;
	tcp[13] = row->flags ? row->flags : SYN;
	if (places.tcp + TCP_HEADER <= frame->length) {
		put16(tcp + 14, 64240);
		put16(tcp + 16, 0x1234);
		memset(tcp + TCP_HEADER, 0xee, frame->length - places.tcp - TCP_HEADER);
	}
	if (row->partial)
		put16(tcp + 16,
		      sum_pseudo(frame->bytes + places.ip, places.ipv6, places.end - places.tcp));
	if (row->group_at)
		frame->bytes[row->group_at - 1] |= 1;
}

static const struct bpf_program *program_of(const struct way *way, int set)
{
	if (!is_tc(way))
		return loaded[set]->progs.smtpfence_xdp;
	return way->hook == SMTPFENCE_HOOK_TC_EGRESS ? loaded[set]->progs.smtpfence_tc_egress
						     : loaded[set]->progs.smtpfence_tc_ingress;
}

static int run(const struct bpf_program *program, const struct built *frame, struct built *ret,
	       unsigned int flags)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes,
		    .data_size_in = frame->length, .data_out = ret->bytes,
		    .data_size_out = sizeof(ret->bytes), .flags = flags);
	int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);

	ret->length = options.data_size_out;
	if (error == -EINVAL || error == -EMSGSIZE)
		return RUN_REFUSED;
	if (error)
		fail_msg("BPF_PROG_TEST_RUN: %s", strerror(-error));
	return options.retval;
}

static void print_bytes(const char *name, const struct built *frame)
{
	size_t i;

	print_error("%-9s", name);
	for (i = 0; i < frame->length; i++)
		print_error("%02x", frame->bytes[i]);
	print_error("\n");
}

static void expect_bytes(const struct way *way, const struct built *got, const struct built *wanted)
{
	if (got->length == wanted->length && !memcmp(got->bytes, wanted->bytes, got->length))
		return;
	print_bytes("got", got);
	print_bytes("expected", wanted);
	fail_msg("%s: not the answer that was expected", way->name);
}

static void expect_answer(const struct way *way, const struct row *row, const struct built *frame,
			  const struct built *got)
{
	bool in_place = way->reply == SMTPFENCE_XDP_REPLY_IN_PLACE;
	struct places places = find_places(frame, row->frame);
	struct built wanted = {.length = 0};

	build_refusal(&wanted, frame, &places, 1 + row->payload, in_place && row->partial);
	if (in_place)
		wanted.length = frame->length; /* padded with zeros */
	expect_bytes(way, got, &wanted);
}

/* @flags: of the test run. */
static void expect_outcome(const struct way *way, int set, const struct row *row,
			   const struct built *frame, unsigned int flags)
{
	bool generic = way->reply == SMTPFENCE_XDP_REPLY_IN_PLACE;
	enum outcome outcome = generic && row->generic_drops ? DROPPED : row->outcome;
	struct built got = {.length = 0};
	int result;

	if (frame->length > LINEAR_MAX && !is_tc(way) && set == 0)
		return; /* without frags, the program sees a part of it, which is malformed */
	result = run(program_of(way, set), frame, &got, flags);
	if (result == RUN_REFUSED && (flags || frame->length > LINEAR_MAX))
		return;
	if (result != way->results[outcome])
		fail_msg("%s, set %d: returns %d, expected %d", way->name, set, result,
			 way->results[outcome]);
	if (outcome == PASSED)
		expect_bytes(way, &got, frame);
	if (outcome == ANSWERED)
		expect_answer(way, row, frame, &got);
}

static void put_interface(int set, const struct way *way, enum smtpfence_xdp_reply reply)
{
	struct smtpfence_interface interface = {.hook = way->hook, .xdp_reply = reply};
	uint32_t ifindex = TEST_IFINDEX;

	assert_int_equal(bpf_map_update_elem(bpf_map__fd(loaded[set]->maps.interfaces), &ifindex,
					     &interface, BPF_ANY),
			 0);
}

static void set_on_block(enum smtpfence_on_block on_block)
{
	int set;

	for (set = 0; set < 2; set++) {
		struct smtpfence_settings settings = get_settings(loaded[set]);

		settings.on_block = on_block;
		settings.generation++;
		set_settings(loaded[set], &settings);
	}
}

static int set_up(void **state)
{
	reset_entry_points(state);
	configure_everywhere(BLOCKS);
	set_on_block(SMTPFENCE_ON_BLOCK_RESET);
	return 0;
}

/* Cut off, a frame loses the sum that a device took of it. */
static bool is_shortened(const struct built *frame, const struct row *row)
{
	struct places places = find_places(frame, row->frame);

	return frame->length > places.ip + (places.ipv6 ? 40 : 20) + TCP_HEADER;
}

/* Judged in full, and by the judgement of the frame before. */
static void test_row(void **state)
{
	const struct row *row = *state;
	struct built frame;
	size_t i;
	int set;

	build_row(&frame, row);
	for (i = 0; i < WAY_COUNT; i++) {
		for (set = 0; set < 2; set++) {
			put_interface(set, &ways[i], ways[i].reply);
			judge_anew(loaded[set]);
			expect_outcome(&ways[i], set, row, &frame, 0);
			expect_outcome(&ways[i], set, row, &frame, 0);
			/* The kernel then holds the sum of the bytes against ours. */
			if (is_tc(&ways[i]) && !is_shortened(&frame, row))
				expect_outcome(&ways[i], set, row, &frame, CHECKSUM_COMPLETE_FLAG);
		}
	}
}

static void expect_everyway(const struct row *row)
{
	struct built frame;
	size_t i;

	build_row(&frame, row);
	for (i = 0; i < WAY_COUNT; i++) {
		put_interface(0, &ways[i], ways[i].reply);
		expect_outcome(&ways[i], 0, row, &frame, 0);
	}
}

static void test_counters(void **state)
{
	static const struct row row = ANSWER("", "ip4 tcp:25,syn");
	struct smtpfence_total with, without;

	expect_everyway(&row);
	with = read_total(loaded[0], SMTPFENCE_REASON_BLOCKED);
	set_up(state);
	set_on_block(SMTPFENCE_ON_BLOCK_DROP);
	expect_everyway(&(struct row)DROP("", "ip4 tcp:25,syn"));
	without = read_total(loaded[0], SMTPFENCE_REASON_BLOCKED);
	assert_int_equal(without.tally[SMTPFENCE_ROLE_GUEST][0].packets, WAY_COUNT);
	assert_memory_equal(&with, &without, sizeof(with));
}

static void test_monitor(void **state)
{
	(void)state;
	configure_everywhere("monitor");
	expect_everyway(&(struct row)PASS("", "ip4 tcp:25,syn"));
	expect_everyway(&(struct row)PASS("", "ip6 tcp:25,syn"));
}

static void test_exempt(void **state)
{
	(void)state;
	configure_everywhere("exempt:" DESTINATION4 "/32");
	expect_everyway(&(struct row)PASS("", "ip4 tcp:25,syn"));
	expect_everyway(&(struct row)ANSWER("", "ip4:dst=198.51.100.26 tcp:25,syn"));
}

/* Where XDP must not, or where nobody said that it may. TC asks nobody. */
static void test_no_sending(void **state)
{
	static const struct row dropped = DROP("", "ip4 tcp:25,syn");
	static const struct row answered = ANSWER("", "ip4 tcp:25,syn");
	uint32_t ifindex = TEST_IFINDEX;
	struct built frame;
	size_t i;

	(void)state;
	build_row(&frame, &answered);
	for (i = 0; i < WAY_COUNT; i++) {
		const struct row *row = is_tc(&ways[i]) ? &answered : &dropped;

		put_interface(0, &ways[i], SMTPFENCE_XDP_REPLY_NONE);
		expect_outcome(&ways[i], 0, row, &frame, 0);
		bpf_map_delete_elem(bpf_map__fd(loaded[0]->maps.interfaces), &ifindex);
		expect_outcome(&ways[i], 0, row, &frame, 0);
	}
}

static void test_check_sends_nothing(void **state)
{
	struct smtpfence_answer answer;
	struct built frame;

	(void)state;
	put_interface(0, &ways[0], ways[0].reply);
	build_frame(&frame, "ip4 tcp:25,syn");
	assert_int_equal(run_frame(loaded[0]->progs.smtpfence_check, &frame, &answer), XDP_DROP);
	assert_int_equal(answer.reason, SMTPFENCE_REASON_BLOCKED);
}

#define TEST(function)                                                                             \
	{                                                                                          \
		.name = #function, .test_func = function, .setup_func = set_up                     \
	}

int main(void)
{
	struct CMUnitTest tests[] = {
		[ROW_COUNT] = TEST(test_counters),
		TEST(test_monitor),
		TEST(test_exempt),
		TEST(test_no_sending),
		TEST(test_check_sends_nothing),
	};
	size_t i;

	for (i = 0; i < ROW_COUNT; i++)
		tests[i] = (struct CMUnitTest){.name = rows[i].description,
					       .test_func = test_row,
					       .setup_func = set_up,
					       .initial_state = (void *)(uintptr_t)&rows[i]};
	return _cmocka_run_group_tests("reset", tests, sizeof(tests) / sizeof(tests[0]),
				       load_entry_points, unload_entry_points);
}
