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

static __always_inline void count_interface(struct smtpfence_interface *interface,
					    const struct smtpfence_tally *tally, bool dropped)
{
	__sync_fetch_and_add(&interface->packets, tally->packets);
	__sync_fetch_and_add(&interface->bytes, tally->bytes);
	if (!dropped)
		return;
	__sync_fetch_and_add(&interface->dropped_packets, tally->packets);
	__sync_fetch_and_add(&interface->dropped_bytes, tally->bytes);
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

static __always_inline void count_hits(const struct smtpfence_recent *slot)
{
	struct address source = {slot->source[0], slot->source[1]};
	struct smtpfence_prefix key;
	struct smtpfence_hits *hits;

	cut(&key, &source, slot->length);
	hits = lookup_or_insert(&block_hits, &key, &no_hits);
	if (!hits)
		return;
	hits->packets += slot->waiting.packets;
	hits->bytes += slot->waiting.bytes;
	hits->attempts += slot->waiting.attempts;
}

/* One of 256 bits: the top byte of a multiplicative hash (Knuth, volume 3, section 6.4). */
static __always_inline void mark_destination(struct smtpfence_recent *slot,
					     const struct address *destination)
{
	__u64 mixed = destination->high * 0x9e3779b97f4a7c15ULL ^ destination->low;
	__u32 bit = (mixed * 0xd6e8feb86659fd93ULL) >> 56;

	slot->destinations[bit / 64 % SMTPFENCE_BITMAP_WORDS] |= 1ULL << bit % 64;
}

static __always_inline void count_source(const struct smtpfence_recent *slot, bool dropped)
{
	struct address address = {slot->source[0], slot->source[1]};
	const struct smtpfence_settings *set = get_settings();
	struct smtpfence_source_key key = {.ifindex = slot->ifindex};
	struct smtpfence_source *source;
	int i;

	if (is_mapped(&address) || (set && set->ipv6_count_length == 128))
		make_key(&key.source, &address, 128);
	else
		cut(&key.source, &address, 64);
	source = lookup_or_insert(&sources, &key, &no_source);
	if (!source)
		return;
	source->packets += slot->waiting.packets;
	source->bytes += slot->waiting.bytes;
	source->attempts += slot->waiting.attempts;
	if (dropped) {
		source->dropped_packets += slot->waiting.packets;
		source->dropped_bytes += slot->waiting.bytes;
	}
	if (!source->first_seen)
		source->first_seen = slot->seen;
	source->last_seen = slot->seen;
	for (i = 0; i < SMTPFENCE_BITMAP_WORDS; i++)
		source->destinations[i] |= slot->destinations[i];
}

/*
 * Where the volume that waits in a slot belongs. A global function: verified once, and not once
 * for each way that leads to it.
 */
__noinline int settle(__u32 index)
{
	struct smtpfence_recent *slot = bpf_map_lookup_elem(&recent, &index);
	struct smtpfence_interface *interface;
	__u32 ifindex, reason;
	bool dropped;

	if (!slot || !slot->waiting.packets)
		return 0;
	ifindex = slot->ifindex;
	reason = slot->reason;
	dropped = verdict_of(reason) == SMTPFENCE_DROP;
	interface = bpf_map_lookup_elem(&interfaces, &ifindex);
	if (interface)
		count_interface(interface, &slot->waiting, dropped);
	if (dropped || reason == SMTPFENCE_REASON_MONITORED)
		count_hits(slot);
	count_source(slot, dropped);
	__builtin_memset(&slot->waiting, 0, sizeof(slot->waiting));
	__builtin_memset(slot->destinations, 0, sizeof(slot->destinations));
	return 0;
}

#endif
