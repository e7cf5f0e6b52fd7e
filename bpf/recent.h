/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A source is judged, and what it sends is counted in the shared maps, once a timer tick. Its other
 * frames of that tick, the bulk of a busy source's, take their verdict and leave their volume in a
 * slot of this CPU. An entry that changes ends that at once, through settings.generation.
 */
#ifndef SMTPFENCE_BPF_RECENT_H
#define SMTPFENCE_BPF_RECENT_H

static __always_inline __u32 slot_of(const struct packet *packet, __u32 ifindex)
{
	__u64 mixed = packet->source.high * 0x9e3779b97f4a7c15ULL ^ packet->source.low ^ ifindex;

	return (mixed * 0xd6e8feb86659fd93ULL) >> 56 & (SMTPFENCE_RECENT - 1);
}

/* More than the port decided: such a judgement is for one frame only. */
static __always_inline bool is_lasting(const struct packet *packet,
				       const struct judgement *judgement,
				       const struct smtpfence_settings *set)
{
	if (packet->class != SMTPFENCE_REASON_SMTP)
		return false;
	return !set->exempt || judgement->entry.action != SMTPFENCE_ACTION_DROP;
}

static __always_inline bool is_fresh(const struct smtpfence_recent *slot,
				     const struct packet *packet, __u32 ifindex,
				     const struct smtpfence_settings *set)
{
	return slot->tick == bpf_jiffies64() && slot->source[1] == packet->source.low &&
	       slot->source[0] == packet->source.high && slot->ifindex == ifindex &&
	       slot->generation == set->generation && packet->class == SMTPFENCE_REASON_SMTP;
}

static __always_inline void wait_in(struct smtpfence_recent *slot, const struct packet *packet)
{
	slot->waiting.packets++;
	slot->waiting.bytes += packet->length;
	slot->waiting.attempts += packet->attempt;
	mark_destination(slot, &packet->destination);
}

static __always_inline enum smtpfence_verdict pass_by(struct smtpfence_recent *slot,
						      const struct packet *packet)
{
	count_total(packet, slot->reason, slot->role);
	wait_in(slot, packet);
	return verdict_of(slot->reason);
}

/* Judged in full; the slot passes from whoever had it to this frame's source. */
static __always_inline enum smtpfence_verdict judge_in(struct smtpfence_recent *slot, __u32 index,
						       const struct packet *packet,
						       const struct smtpfence_settings *set,
						       __u32 ifindex, __u32 role)
{
	struct judgement judgement;
	__u64 tick;

	settle(index);
	/* Noted before the entries are read: one that changes in between ends this judgement. */
	tick = bpf_jiffies64();
	slot->generation = set->generation;
	barrier();
	judgement = judge(packet, set);

	slot->source[0] = packet->source.high;
	slot->source[1] = packet->source.low;
	slot->tick = is_lasting(packet, &judgement, set) ? tick : 0;
	slot->seen = judgement.now;
	slot->ifindex = ifindex;
	slot->reason = judgement.reason;
	slot->role = role;
	slot->length = judgement.entry.length;
	wait_in(slot, packet);
	settle(index);
	count_total(packet, judgement.reason, role);
	return verdict_of(judgement.reason);
}

#endif
