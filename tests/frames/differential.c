/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "differential.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <string.h>

#include "dice.h"
#include "entry_points.h"
#include "forge.h"

#define POLICIES  (1ULL << 63) /* their dice are none of a frame's */
#define NO_POLICY UINT64_MAX
#define LONG_AGO  1 /* a deadline, ns after boot */

static struct reference_range range_around(const uint8_t address[16], unsigned int length)
{
	struct reference_range range = {.length = length};
	unsigned int bit;

	for (bit = 0; bit < length; bit++)
		range.address[bit / 8] |= address[bit / 8] & 0x80 >> bit % 8;
	return range;
}

static bool is_mapped(const uint8_t address[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, 0xff};

	return !memcmp(address, mapped, sizeof(mapped));
}

/* Mostly a host's own: /32, /128 or /64. */
static unsigned int deal_length(struct dice *dice, const uint8_t address[16])
{
	if (is_mapped(address))
		return roll_one_in(dice, 2) ? 128 : 96 + roll_below(dice, 33);
	if (roll_one_in(dice, 2))
		return roll_one_in(dice, 2) ? 128 : 64;
	return roll_below(dice, 129);
}

static bool has_range(const struct reference_policy *policy, const struct reference_range *range)
{
	size_t i;

	for (i = 0; i < policy->entry_count; i++)
		if (!memcmp(&policy->entries[i].range, range, sizeof(*range)))
			return true;
	return false;
}

static void deal_entry(struct reference_policy *policy, struct dice *dice,
		       const uint8_t address[16])
{
	struct reference_entry entry = {
		.range = range_around(address, deal_length(dice, address)),
		.allow = roll_one_in(dice, 4),
		.expired = roll_one_in(dice, 4),
	};

	if (!has_range(policy, &entry.range))
		policy->entries[policy->entry_count++] = entry;
}

/* A host may have no entry, one, or up to four inside each other. */
static struct reference_policy deal_policy(struct dice *dice)
{
	struct reference_policy policy = {.monitor = roll_one_in(dice, 8)};
	unsigned int host, entries;
	const uint8_t *relay;

	for (host = 0; host < FORGE_HOSTS; host++) {
		entries = roll_one_in(dice, 4) ? 1 + roll_below(dice, 4) : roll_below(dice, 2);
		while (entries--)
			deal_entry(&policy, dice, forge_hosts[host]);
	}
	if (roll_one_in(dice, 2)) {
		relay = forge_hosts[roll_below(dice, FORGE_HOSTS)];
		policy.exempt = range_around(relay, deal_length(dice, relay));
	}
	return policy;
}

static struct smtpfence_prefix prefix_of(const struct reference_range *range)
{
	struct smtpfence_prefix prefix = {.length = range->length};

	memcpy(prefix.address, range->address, sizeof(prefix.address));
	return prefix;
}

static void install(struct smtpfence_bpf *programs, const struct reference_policy *policy)
{
	struct smtpfence_settings settings;
	struct smtpfence_prefix prefix;
	size_t i;

	reset_maps(programs);
	for (i = 0; i < policy->entry_count; i++) {
		const struct reference_entry *entry = &policy->entries[i];

		prefix = prefix_of(&entry->range);
		add_entry(programs, &prefix,
			  entry->allow ? SMTPFENCE_ACTION_ALLOW : SMTPFENCE_ACTION_DROP,
			  entry->expired ? LONG_AGO : 0);
	}
	if (policy->exempt.length) {
		prefix = prefix_of(&policy->exempt);
		add_exempt(programs, &prefix);
	}
	settings = get_settings(programs);
	settings.mode = policy->monitor ? SMTPFENCE_MODE_MONITOR : SMTPFENCE_MODE_ENFORCE;
	set_settings(programs, &settings);
}

static void use_policy(struct differential *differential, uint64_t number)
{
	struct dice dice = take_dice(differential->seed, POLICIES | number);

	if (differential->policy_number == number)
		return;
	differential->policy_number = number;
	differential->policy = deal_policy(&dice);
	install(differential->sets[0], &differential->policy);
	if (differential->sets[1])
		install(differential->sets[1], &differential->policy);
}

int differential_open(struct differential *differential, uint64_t seed)
{
	*differential = (struct differential){.seed = seed, .policy_number = NO_POLICY};
	differential->sets[0] = load_programs(false);
	if (kernel_has_frags())
		differential->sets[1] = load_programs(true);
	if (differential->sets[0] && (differential->sets[1] || !kernel_has_frags()))
		return 0;
	fprintf(stderr, "cannot load the programs: root and a kernel with BPF are needed\n");
	differential_close(differential);
	return -EIO;
}

void differential_close(struct differential *differential)
{
	smtpfence_bpf__destroy(differential->sets[0]);
	smtpfence_bpf__destroy(differential->sets[1]);
}

static bool complain(struct differential *differential, const char *program, const char *says,
		     enum smtpfence_reason expected)
{
	snprintf(differential->complaint, sizeof(differential->complaint),
		 "%s says %s, the reference %s", program, says, reason_label(expected));
	return false;
}

static bool check_agrees(struct differential *differential, struct smtpfence_bpf *programs,
			 enum smtpfence_reason expected)
{
	const struct built *frame = &differential->frame;
	bool drops = reference_drops(expected);
	struct smtpfence_answer answer = {.reason = SMTPFENCE_REASON_COUNT};
	int result = run_frame(programs->progs.smtpfence_check, frame, &answer);

	if (frame->length >= sizeof(answer) &&
	    (answer.reason != expected || answer.verdict != drops))
		return complain(differential, "check", reason_label(answer.reason), expected);
	if (result != (drops ? XDP_DROP : XDP_PASS))
		return complain(differential, "check", drops ? "not drop" : "not pass", expected);
	return true;
}

static bool hook_agrees(struct differential *differential, const char *name,
			const struct bpf_program *program, enum smtpfence_reason expected)
{
	bool is_xdp = bpf_program__type(program) == BPF_PROG_TYPE_XDP;
	bool drops = reference_drops(expected);
	int result = run_frame(program, &differential->frame, NULL);

	/* The kernel refuses an skb that has no whole IP header, or nothing behind Ethernet's. */
	if (result == RUN_REFUSED && !is_xdp && !drops)
		return true;
	if (result ==
	    (is_xdp ? (drops ? XDP_DROP : XDP_PASS) : (drops ? TC_ACT_SHOT : TC_ACT_UNSPEC)))
		return true;
	return complain(differential, name, drops ? "not drop" : "not pass", expected);
}

/* The attached programs take turns; only XDP with frags takes the longest frames. */
static bool turn_agrees(struct differential *differential, struct smtpfence_bpf *programs,
			unsigned int turn, enum smtpfence_reason expected)
{
	if (differential->frame.length > RUN_MAX || turn % 3 == 0)
		return hook_agrees(differential, "XDP", programs->progs.smtpfence_xdp, expected);
	if (turn % 3 == 1)
		return hook_agrees(differential, "TC ingress", programs->progs.smtpfence_tc_ingress,
				   expected);
	return hook_agrees(differential, "TC egress", programs->progs.smtpfence_tc_egress,
			   expected);
}

bool differential_agrees(struct differential *differential, uint64_t number)
{
	struct dice dice = take_dice(differential->seed, number);
	struct built *frame = &differential->frame;
	struct smtpfence_bpf *programs;
	enum smtpfence_reason expected;
	bool frags;

	use_policy(differential, number / DIFFERENTIAL_POLICY);
	forge_frame(frame, &dice);
	if (!differential->sets[1] && frame->length > RUN_MAX)
		frame->length = RUN_MAX;
	frags = differential->sets[1] && (frame->length > RUN_MAX || roll_one_in(&dice, 2));
	programs = differential->sets[frags];
	expected = reference_judge(&differential->policy, frame->bytes, frame->length);
	differential->seen[expected]++;
	return check_agrees(differential, programs, expected) &&
	       turn_agrees(differential, programs, roll_below(&dice, 3), expected);
}
