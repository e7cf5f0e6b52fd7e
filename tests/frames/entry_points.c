/* SPDX-License-Identifier: GPL-2.0-or-later */
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

#include "base/cleanup.h"
#include "entry_points.h"

struct smtpfence_bpf *loaded[2];

struct entry_point {
	const char *name;
	const struct bpf_program *program;
	int set; /* of `loaded` */
	enum smtpfence_role role;
	int pass, drop;	      /* return values */
	unsigned int refused; /* frames: RUN_REFUSED */
};

#define HOOK_COUNT 4

static struct entry_point hooks[HOOK_COUNT], checks[2];

int load_entry_points(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		loaded[i] = load_programs(i && kernel_has_frags());
		if (!loaded[i])
			return -1;
		hooks[i] = (struct entry_point){
			.name = i ? "XDP with frags" : "XDP",
			.set = i,
			.program = loaded[i]->progs.smtpfence_xdp,
			.pass = XDP_PASS,
			.drop = XDP_DROP,
		};
		checks[i] = hooks[i];
		checks[i].name = i ? "check with frags" : "check";
		checks[i].program = loaded[i]->progs.smtpfence_check;
	}
	hooks[2] = (struct entry_point){
		.name = "TC ingress",
		.program = loaded[0]->progs.smtpfence_tc_ingress,
		.pass = TC_ACT_UNSPEC,
		.drop = TC_ACT_SHOT,
	};
	hooks[3] = hooks[2];
	hooks[3].name = "TC egress";
	hooks[3].program = loaded[0]->progs.smtpfence_tc_egress;
	hooks[3].role = SMTPFENCE_ROLE_UPLINK;
	return 0;
}

int unload_entry_points(void **state)
{
	(void)state;
	smtpfence_bpf__destroy(loaded[0]);
	smtpfence_bpf__destroy(loaded[1]);
	return 0;
}

int reset_entry_points(void **state)
{
	(void)state;
	reset_maps(loaded[0]);
	reset_maps(loaded[1]);
	return 0;
}

void reset_entries_everywhere(void)
{
	reset_entries(loaded[0]);
	reset_entries(loaded[1]);
}

void configure_everywhere(const char *text)
{
	configure(loaded[0], text);
	configure(loaded[1], text);
}

const char *reason_label(enum smtpfence_reason reason)
{
	static const char *const labels[] = {
#define LABEL(name, label, verdict, sentence) #label,
		SMTPFENCE_REASONS(LABEL)
#undef LABEL
	};

	return reason < SMTPFENCE_REASON_COUNT ? labels[reason] : "(no reason)";
}

static enum smtpfence_verdict reason_verdict(enum smtpfence_reason reason)
{
	static const enum smtpfence_verdict verdicts[] = {
#define VERDICT(name, label, verdict, sentence) SMTPFENCE_##verdict,
		SMTPFENCE_REASONS(VERDICT)
#undef VERDICT
	};

	return verdicts[reason];
}

bool reason_drops(enum smtpfence_reason reason)
{
	return reason_verdict(reason) == SMTPFENCE_DROP;
}

struct smtpfence_total read_total(struct smtpfence_bpf *programs, enum smtpfence_reason reason)
{
	int cpu, cpus = libbpf_num_possible_cpus(), role, family;
	struct smtpfence_total *each = calloc(cpus, sizeof(*each)), sum = {0};
	uint32_t key = reason;

	if (bpf_map_lookup_elem(bpf_map__fd(programs->maps.totals), &key, each))
		abort();
	for (cpu = 0; cpu < cpus; cpu++)
		for (role = 0; role < SMTPFENCE_ROLES; role++)
			for (family = 0; family < SMTPFENCE_FAMILIES; family++) {
				struct smtpfence_tally *to = &sum.tally[role][family];
				struct smtpfence_tally *from = &each[cpu].tally[role][family];

				to->packets += from->packets;
				to->bytes += from->bytes;
				to->attempts += from->attempts;
			}
	free(each);
	return sum;
}

struct counted read_totals(int set)
{
	struct counted counted;
	int reason;

	for (reason = 0; reason < SMTPFENCE_REASON_COUNT; reason++)
		counted.totals[reason] = read_total(loaded[set], reason);
	return counted;
}

enum smtpfence_reason counted_reason(const struct counted *before, const struct counted *after)
{
	int reason;

	for (reason = 0; reason < SMTPFENCE_REASON_COUNT; reason++)
		if (memcmp(&before->totals[reason], &after->totals[reason],
			   sizeof(struct smtpfence_total)) != 0)
			return reason;
	return SMTPFENCE_REASON_OTHER;
}

/* Frames whose IP header is not in sight count as IPv4. */
static enum smtpfence_family family_of(const struct built *frame, enum smtpfence_reason reason)
{
	return frame->is_ipv6 && reason != SMTPFENCE_REASON_UNSEEN ? SMTPFENCE_FAMILY_IPV6
								   : SMTPFENCE_FAMILY_IPV4;
}

/* For one of the two reasons there are. */
static bool is_refused(struct entry_point *entry_point, const struct built *frame, int result,
		       enum smtpfence_reason reason)
{
	if (result != RUN_REFUSED ||
	    (reason != SMTPFENCE_REASON_UNSEEN && frame->length <= RUN_MAX))
		return false;
	entry_point->refused++;
	return true;
}

static void print_refused_by(const struct entry_point *entry_point)
{
	if (entry_point->refused)
		printf("# note: %s by test run: %u frames refused by the kernel, as longer than a "
		       "page or without a whole IP header\n",
		       entry_point->name, entry_point->refused);
}

void print_refused(void)
{
	size_t i;

	for (i = 0; i < HOOK_COUNT; i++)
		print_refused_by(&hooks[i]);
	for (i = 0; i < ARRAY_SIZE(checks); i++)
		print_refused_by(&checks[i]);
}

/* One frame, judged by a look of its own or, when it follows an equal one, perhaps by that one's.
 */
static void expect_frame(struct entry_point *hook, const char *spec, const struct built *frame,
			 enum smtpfence_reason reason)
{
	int result, wanted = reason_verdict(reason) == SMTPFENCE_DROP ? hook->drop : hook->pass;
	struct counted before = read_totals(hook->set), after;
	enum smtpfence_reason counted;
	struct smtpfence_tally *tally;

	result = run_frame(hook->program, frame, NULL);
	if (is_refused(hook, frame, result, reason))
		return;
	after = read_totals(hook->set);
	counted = counted_reason(&before, &after);
	if (counted != reason || result != wanted)
		fail_msg("%s: \"%s\" returns %d and counts as %s, expected %d and %s", hook->name,
			 spec, result, reason_label(counted), wanted, reason_label(reason));
	if (reason == SMTPFENCE_REASON_OTHER)
		return;
	tally = &before.totals[reason].tally[hook->role][family_of(frame, reason)];
	tally->packets++;
	tally->bytes += frame->length;
	tally->attempts = after.totals[reason].tally[hook->role][family_of(frame, reason)].attempts;
	if (memcmp(&before, &after, sizeof(before)) != 0)
		fail_msg("%s: \"%s\" is not counted as one frame of its family", hook->name, spec);
}

static void expect_hook(struct entry_point *hook, const char *spec, const struct built *frame,
			enum smtpfence_reason reason)
{
	judge_anew(loaded[hook->set]);
	expect_frame(hook, spec, frame, reason);
	expect_frame(hook, spec, frame, reason);
}

static void expect_answer(struct entry_point *check, const char *spec, const struct built *frame,
			  enum smtpfence_reason reason)
{
	enum smtpfence_verdict verdict = reason_verdict(reason);
	struct counted before = read_totals(check->set), after;
	struct smtpfence_answer answer;
	int result;

	result = run_frame(check->program, frame, &answer);
	if (is_refused(check, frame, result, reason))
		return;
	after = read_totals(check->set);
	if (memcmp(&before, &after, sizeof(before)) != 0)
		fail_msg("%s: \"%s\" was counted", check->name, spec);
	if (result != (verdict == SMTPFENCE_DROP ? check->drop : check->pass))
		fail_msg("%s: \"%s\" returns %d, expected verdict %d", check->name, spec, result,
			 verdict);
	if (frame->length >= sizeof(answer) &&
	    (answer.reason != reason || answer.verdict != verdict))
		fail_msg("%s: \"%s\" is answered with %s, expected %s", check->name, spec,
			 reason_label(answer.reason), reason_label(reason));
}

void expect_everywhere(const char *spec, enum smtpfence_reason reason)
{
	struct built frame;
	int i;

	build_frame(&frame, spec);
	for (i = 0; i < HOOK_COUNT; i++)
		expect_hook(&hooks[i], spec, &frame, reason);
	for (i = 0; i < 2; i++)
		expect_answer(&checks[i], spec, &frame, reason);
}

void expect_match(const char *spec, const char *prefix)
{
	struct smtpfence_prefix wanted = {0};
	struct smtpfence_answer answer;
	struct built frame;

	build_frame(&frame, spec);
	if (run_frame(checks[0].program, &frame, &answer) == RUN_REFUSED)
		return;
	if (!!prefix != !!answer.matched)
		fail_msg("check: \"%s\" is decided by an entry: %d", spec, answer.matched);
	if (!prefix)
		return;
	wanted = parse_prefix(prefix);
	if (memcmp(&answer.match, &wanted, sizeof(wanted)) != 0)
		fail_msg("check: \"%s\" is decided by an entry of length %u, and not by %s", spec,
			 answer.match.length, prefix);
}

static void print_frame(const struct built *frame)
{
	size_t i;

	for (i = 0; i < frame->length; i++)
		print_error("%02x", frame->bytes[i]);
	print_error("\n");
}

void expect_agreement(const struct built *frame)
{
	bool drop = run_frame(checks[0].program, frame, NULL) == checks[0].drop;
	int i, result;

	for (i = 0; i < HOOK_COUNT; i++) {
		result = run_frame(hooks[i].program, frame, NULL);
		if (result == RUN_REFUSED || result == (drop ? hooks[i].drop : hooks[i].pass))
			continue;
		print_frame(frame);
		fail_msg("%s returns %d where check says %s", hooks[i].name, result,
			 drop ? "drop" : "pass");
	}
}
