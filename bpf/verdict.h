/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source and destination -> verdict. */
#ifndef SMTPFENCE_BPF_VERDICT_H
#define SMTPFENCE_BPF_VERDICT_H

struct judgement {
	enum smtpfence_reason reason;
	struct smtpfence_block entry; /* that decided; its action is 0 if none did */
	__u64 now;		      /* CLOCK_BOOTTIME, exact to one timer tick */
};

static __always_inline enum smtpfence_verdict verdict_of(enum smtpfence_reason reason)
{
	switch (reason) {
#define VERDICT_OF(name, label, verdict, sentence)                                                 \
	case SMTPFENCE_REASON_##name:                                                              \
		return SMTPFENCE_##verdict;
		SMTPFENCE_REASONS(VERDICT_OF)
#undef VERDICT_OF
	default:
		return SMTPFENCE_PASS;
	}
}

/* The clock is read again only when a timer tick has passed since this CPU's last reading. */
static __always_inline __u64 boottime(void)
{
	__u64 jiffies = bpf_jiffies64();
	struct reading *reading;
	__u32 zero = 0;

	reading = bpf_map_lookup_elem(&clock, &zero);
	if (!reading)
		return bpf_ktime_get_boot_ns();
	if (reading->jiffies != jiffies) {
		reading->boottime = bpf_ktime_get_boot_ns();
		/* An interrupt in between must not find an old time under new jiffies. */
		barrier();
		reading->jiffies = jiffies;
	}
	return reading->boottime;
}

/* IPv4, also when it comes as an IPv6 packet (RFC 4291, section 2.5.5.2). */
static __always_inline bool is_mapped(const struct address *address)
{
	return !address->high && bpf_be64_to_cpu(address->low) >> 32 == 0xffff;
}

static __always_inline void make_key(struct smtpfence_prefix *key, const struct address *address,
				     __u32 length)
{
	key->length = length;
	__builtin_memcpy(key->address, address, sizeof(key->address));
}

static __always_inline bool is_live(const struct smtpfence_block *entry, __u64 now)
{
	return !entry->deadline || now < entry->deadline;
}

/*
 * Takes an entry that matches, found from the most specific to the least; true if it is live. The
 * nearest expired one is kept until a live one is found.
 */
static __always_inline bool take(struct judgement *judgement, const struct smtpfence_block *entry)
{
	bool live = is_live(entry, judgement->now);

	if (live || !judgement->entry.action)
		judgement->entry = *entry;
	return live;
}

static __always_inline bool find_exact(struct judgement *judgement,
				       const struct smtpfence_prefix *key)
{
	const struct smtpfence_block *entry = bpf_map_lookup_elem(&blocks, key);

	return entry && take(judgement, entry);
}

#define PREFIXES_NESTED 64 /* lengths on either side of an IPv6 /64 */

/*
 * A trie gives the longest match only: while that one is expired, ask for a shorter one. Returns
 * the length of the entry that decides (a live one, or else the longest), or -1. A global function,
 * so that the loop is verified once and not once for each way that leads to it.
 */
__noinline int search_prefixes(__u64 high, __u64 low, __u64 now, __u32 longest, __u32 shortest)
{
	const struct smtpfence_block *entry;
	struct address address = {.high = high, .low = low};
	struct smtpfence_prefix key;
	int i, nearest = -1;

	make_key(&key, &address, longest);
	for (i = 0; i < PREFIXES_NESTED; i++) {
		entry = bpf_map_lookup_elem(&prefixes, &key);
		if (!entry || entry->length < shortest)
			break;
		if (is_live(entry, now))
			return entry->length;
		if (nearest < 0)
			nearest = entry->length;
		if (entry->length == shortest)
			break;
		key.length = entry->length - 1;
	}
	return nearest;
}

/* Among the prefixes whose length is within the limits. */
static __always_inline bool find_prefix(struct judgement *judgement, const struct address *address,
					__u32 longest, __u32 shortest)
{
	const struct smtpfence_block *entry;
	struct smtpfence_prefix key;
	int length;

	length = search_prefixes(address->high, address->low, judgement->now, longest, shortest);
	if (length < 0)
		return false;
	make_key(&key, address, length);
	entry = bpf_map_lookup_elem(&prefixes, &key);
	return entry && take(judgement, entry);
}

/* The most specific live entry wins. True if there is one. */
static __always_inline bool find_entry(struct judgement *judgement, const struct packet *packet,
				       bool have_prefixes)
{
	const struct address *source = &packet->source;
	bool mapped = is_mapped(source);
	struct smtpfence_prefix key;

	make_key(&key, source, 128);
	if (find_exact(judgement, &key))
		return true;
	if (have_prefixes && find_prefix(judgement, source, 127, mapped ? SMTPFENCE_IPV4_BITS : 65))
		return true;
	if (mapped)
		return false;

	key.length = 64;
	__builtin_memset(key.address + 8, 0, 8);
	if (find_exact(judgement, &key))
		return true;
	return have_prefixes && find_prefix(judgement, source, 63, 0);
}

/* As with sources, no IPv6 prefix that is wider than the mapped addresses covers one of them. */
static __always_inline bool is_exempt(const struct packet *packet)
{
	struct smtpfence_prefix key;
	const __u32 *length;

	make_key(&key, &packet->destination, 128);
	length = bpf_map_lookup_elem(&exempt_destinations, &key);
	return length && (*length >= SMTPFENCE_IPV4_BITS || !is_mapped(&packet->destination));
}

/* What a frame that is or may be SMTP suffers if its source is blocked. */
static __always_inline enum smtpfence_reason blocked(enum smtpfence_reason class)
{
	switch (class) {
	case SMTPFENCE_REASON_UNDECIDED:
		return SMTPFENCE_REASON_BLOCKED_UNDECIDED;
	case SMTPFENCE_REASON_MALFORMED:
		return SMTPFENCE_REASON_BLOCKED_MALFORMED;
	default:
		return SMTPFENCE_REASON_BLOCKED;
	}
}

static __always_inline const struct smtpfence_settings *get_settings(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&settings, &zero);
}

static __always_inline struct judgement judge(const struct packet *packet,
					      const struct smtpfence_settings *set)
{
	struct judgement judgement = {.reason = packet->class};
	bool live;

	if (!may_be_smtp(packet))
		return judgement;
	judgement.now = boottime();
	live = find_entry(&judgement, packet, set->prefixes);
	if (judgement.entry.action == SMTPFENCE_ACTION_ALLOW && live)
		judgement.reason = SMTPFENCE_REASON_ALLOWED;
	if (judgement.entry.action != SMTPFENCE_ACTION_DROP)
		return judgement;
	if (!live)
		judgement.reason = SMTPFENCE_REASON_EXPIRED;
	else if (set->exempt && is_exempt(packet))
		judgement.reason = SMTPFENCE_REASON_EXEMPT;
	else if (set->mode == SMTPFENCE_MODE_MONITOR)
		judgement.reason = SMTPFENCE_REASON_MONITORED;
	else
		judgement.reason = blocked(packet->class);
	return judgement;
}

#endif
