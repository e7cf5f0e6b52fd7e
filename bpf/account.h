/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counting. Nothing here changes a verdict: what does not fit into a map is not counted there. The
 * per-CPU counters need no atomic operations, `interfaces` does.
 */
#ifndef SMTPFENCE_BPF_ACCOUNT_H
#define SMTPFENCE_BPF_ACCOUNT_H

static const struct smtpfence_source no_source;
static const struct smtpfence_hits no_hits;

/* NULL only when the map is full. Another CPU may insert at the same time: look again. */
static __always_inline void *lookup_or_insert(void *map, const void *key, const void *initial)
{
	void *value = bpf_map_lookup_elem(map, key);

	if (value)
		return value;
	bpf_map_update_elem(map, key, initial, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, key);
}

static __always_inline void count_total(const struct packet *packet, __u32 reason, __u32 role)
{
	struct smtpfence_total *total = bpf_map_lookup_elem(&totals, &reason);
	__u64 index = role * SMTPFENCE_FAMILIES + packet->family;
	struct smtpfence_tally *tally;

	if (!total)
		return;
	barrier_var(index); /* checked where it is used: 5.10 forgets bounds in between */
	if (index >= SMTPFENCE_ROLES * SMTPFENCE_FAMILIES)
		return;
	tally = &total->tally[0][0] + index;
	tally->packets++;
	tally->bytes += packet->length;
	tally->attempts += packet->attempt;
}

static __always_inline void count_interface(const struct packet *packet,
					    struct smtpfence_interface *interface, bool dropped)
{
	__sync_fetch_and_add(&interface->packets, 1);
	__sync_fetch_and_add(&interface->bytes, packet->length);
	if (!dropped)
		return;
	__sync_fetch_and_add(&interface->dropped_packets, 1);
	__sync_fetch_and_add(&interface->dropped_bytes, packet->length);
}

/* An address cut to a prefix. */
static __always_inline void cut(struct smtpfence_prefix *key, const struct address *address,
				__u32 length)
{
	struct address cut = *address;

	if (length <= 64) {
		cut.low = 0;
		cut.high &= length ? bpf_cpu_to_be64(~0ULL << (64 - length)) : 0;
	} else if (length < 128) {
		cut.low &= bpf_cpu_to_be64(~0ULL << (128 - length));
	}
	make_key(key, &cut, length);
}

static __always_inline void count_hit(const struct packet *packet, __u32 length)
{
	struct smtpfence_prefix key;
	struct smtpfence_hits *hits;

	cut(&key, &packet->source, length);
	hits = lookup_or_insert(&block_hits, &key, &no_hits);
	if (!hits)
		return;
	hits->packets++;
	hits->bytes += packet->length;
}

/* One of 256 bits: the top byte of a multiplicative hash (Knuth, volume 3, section 6.4). */
static __always_inline void mark_destination(struct smtpfence_source *source,
					     const struct address *destination)
{
	__u64 mixed = destination->high * 0x9e3779b97f4a7c15ULL ^ destination->low;
	__u32 bit = (mixed * 0xd6e8feb86659fd93ULL) >> 56;

	source->destinations[bit / 64 % SMTPFENCE_BITMAP_WORDS] |= 1ULL << bit % 64;
}

static __always_inline void count_source(const struct packet *packet,
					 const struct judgement *judgement, __u32 ifindex,
					 bool dropped)
{
	struct smtpfence_source_key key = {.ifindex = ifindex};
	struct smtpfence_source *source;

	if (is_mapped(&packet->source) || judgement->ipv6_count_length == 128)
		make_key(&key.source, &packet->source, 128);
	else
		cut(&key.source, &packet->source, 64);
	source = lookup_or_insert(&sources, &key, &no_source);
	if (!source)
		return;
	source->packets++;
	source->bytes += packet->length;
	source->attempts += packet->attempt;
	if (dropped) {
		source->dropped_packets++;
		source->dropped_bytes += packet->length;
	}
	if (!source->first_seen)
		source->first_seen = judgement->now;
	source->last_seen = judgement->now;
	mark_destination(source, &packet->destination);
}

/* @role is the entry point's, for an interface that the loader has not registered. */
static __always_inline void count(const struct packet *packet, const struct judgement *judgement,
				  __u32 ifindex, enum smtpfence_role role)
{
	bool dropped = verdict_of(judgement->reason) == SMTPFENCE_DROP;
	struct smtpfence_interface *interface;

	interface = bpf_map_lookup_elem(&interfaces, &ifindex);
	count_total(packet, judgement->reason, interface ? interface->role : role);
	if (!may_be_smtp(packet))
		return;
	if (interface)
		count_interface(packet, interface, dropped);
	if (dropped || judgement->reason == SMTPFENCE_REASON_MONITORED)
		count_hit(packet, judgement->entry.length);
	count_source(packet, judgement, ifindex, dropped);
}

#endif
