/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the loaded program what it would do with a frame. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <string.h>

#include "base/prefix.h"
#include "counters/internal.h"

#define HOP_LIMIT   64
#define SOURCE_PORT 49152 /* the first dynamic one (RFC 6335) */

struct ipv4_frame {
	struct ethhdr ethernet;
	struct iphdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

struct ipv6_frame {
	struct ethhdr ethernet;
	struct ipv6hdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

/* Either frame has room for the answer, which the program writes over its start. */
union frame {
	struct ipv4_frame ipv4;
	struct ipv6_frame ipv6;
	struct smtpfence_answer answer;
};

_Static_assert(sizeof(struct ipv4_frame) >= sizeof(struct smtpfence_answer),
	       "an answer does not fit into the smaller frame");

/* Checksums stay 0: no verdict depends on them. */
static const struct tcphdr syn = {
	.source = __constant_htons(SOURCE_PORT),
	.dest = __constant_htons(SMTPFENCE_PORT),
	.doff = sizeof(struct tcphdr) / 4,
	.syn = 1,
	.window = __constant_htons(64240),
};

/* Locally administered addresses: the frame comes from nowhere and goes nowhere. */
static struct ethhdr ethernet(unsigned short protocol)
{
	return (struct ethhdr){.h_dest = {0x02, 0, 0, 0, 0, 1},
			       .h_source = {0x02, 0, 0, 0, 0, 2},
			       .h_proto = htons(protocol)};
}

static size_t build_ipv4(struct ipv4_frame *frame, const struct smtpfence_prefix *source,
			 const struct smtpfence_prefix *destination)
{
	*frame = (struct ipv4_frame){
		.ethernet = ethernet(ETH_P_IP),
		.ip = {.version = 4,
		       .ihl = sizeof(struct iphdr) / 4,
		       .tot_len = htons(sizeof(struct iphdr) + sizeof(struct tcphdr)),
		       .ttl = HOP_LIMIT,
		       .protocol = IPPROTO_TCP},
		.tcp = syn,
	};
	memcpy(&frame->ip.saddr, source->address + 12, 4);
	memcpy(&frame->ip.daddr, destination->address + 12, 4);
	return sizeof(*frame);
}

static size_t build_ipv6(struct ipv6_frame *frame, const struct smtpfence_prefix *source,
			 const struct smtpfence_prefix *destination)
{
	*frame = (struct ipv6_frame){
		.ethernet = ethernet(ETH_P_IPV6),
		.ip = {.version = 6,
		       .payload_len = htons(sizeof(struct tcphdr)),
		       .nexthdr = IPPROTO_TCP,
		       .hop_limit = HOP_LIMIT},
		.tcp = syn,
	};
	memcpy(&frame->ip.saddr, source->address, 16);
	memcpy(&frame->ip.daddr, destination->address, 16);
	return sizeof(*frame);
}

static int check_addresses(const struct smtpfence_prefix *source,
			   const struct smtpfence_prefix *destination, struct error *error)
{
	char text[PREFIX_TEXT_MAX];

	if (!prefix_is_single(source))
		return error_set(error, -EINVAL, "%s is not a single address",
				 prefix_format(source, text));
	if (!prefix_is_single(destination))
		return error_set(error, -EINVAL, "%s is not a single address",
				 prefix_format(destination, text));
	if (prefix_is_ipv4(source) != prefix_is_ipv4(destination))
		return error_set(error, -EINVAL,
				 "source and destination must both be IPv4 or both be IPv6");
	return 0;
}

static int open_program(const char *bpffs, struct error *error)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/" COUNTERS_PIN_CHECK, bpffs) >= (int)sizeof(path))
		return error_set(error, -ENAMETOOLONG, "%s: the path is too long", bpffs);
	fd = bpf_obj_get(path);
	if (fd == -ENOENT)
		return error_set(error, fd, "%s: nothing is loaded there: start smtpfenced", path);
	if (fd == -EPERM || fd == -EACCES)
		return error_set(error, -EPERM, "%s: not permitted: run this as root", path);
	if (fd < 0)
		return error_set(error, fd, "%s: cannot be opened: %s", path, strerror(-fd));
	return fd;
}

/* Leaves @frame as the program has written it. */
static int run_program(int program, union frame *frame, size_t size, struct error *error)
{
	union frame out = {};
	struct bpf_test_run_opts options = {.sz = sizeof(options),
					    .data_in = frame,
					    .data_size_in = size,
					    .data_out = &out,
					    .data_size_out = sizeof(out),
					    .repeat = 1};
	int r = bpf_prog_test_run_opts(program, &options);

	if (r < 0)
		return error_set(error, r, COUNTERS_PIN_CHECK " cannot be run: %s", strerror(-r));
	if (options.data_size_out != size || out.answer.verdict > SMTPFENCE_DROP ||
	    out.answer.reason >= SMTPFENCE_REASON_COUNT)
		return error_set(error, -EPROTO,
				 COUNTERS_PIN_CHECK " gave no answer: it is of another version of "
						    "smtpfence: restart smtpfenced");
	*frame = out;
	return 0;
}

int counters_check(struct counters *counters, const struct smtpfence_prefix *source,
		   const struct smtpfence_prefix *destination, struct smtpfence_answer *ret,
		   struct error *error)
{
	_cleanup_close_ int program = -1;
	union frame frame = {};
	size_t size;
	int r = check_addresses(source, destination, error);

	if (r < 0)
		return r;
	program = open_program(counters->bpffs, error);
	if (program < 0)
		return program;
	size = prefix_is_ipv4(source) ? build_ipv4(&frame.ipv4, source, destination)
				      : build_ipv6(&frame.ipv6, source, destination);
	r = run_program(program, &frame, size, error);
	if (r == 0)
		*ret = frame.answer;
	return r;
}

struct smtpfence_prefix counters_check_destination(const struct smtpfence_prefix *source)
{
	struct smtpfence_prefix ipv4 = {128, {[10] = 0xff, 0xff, 203, 0, 113, 25}};
	struct smtpfence_prefix ipv6 = {128, {0x20, 0x01, 0x0d, 0xb8, [15] = 0x25}};

	return prefix_is_ipv4(source) ? ipv4 : ipv6;
}

const char *counters_reason_label(enum smtpfence_reason reason)
{
	static const char *const labels[] = {
#define LABEL(name, label, verdict, sentence) #label,
		SMTPFENCE_REASONS(LABEL)
#undef LABEL
	};

	return labels[reason];
}

enum smtpfence_verdict counters_reason_verdict(enum smtpfence_reason reason)
{
	static const enum smtpfence_verdict verdicts[] = {
#define VERDICT(name, label, verdict, sentence) SMTPFENCE_##verdict,
		SMTPFENCE_REASONS(VERDICT)
#undef VERDICT
	};

	return verdicts[reason];
}

const char *counters_reason_sentence(enum smtpfence_reason reason)
{
	static const char *const sentences[] = {
#define SENTENCE(name, label, verdict, sentence) sentence,
		SMTPFENCE_REASONS(SENTENCE)
#undef SENTENCE
	};

	return sentences[reason];
}
