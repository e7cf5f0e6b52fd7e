/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every map. All but `clock` are pinned by the loader, which also sets their sizes from the
 * configuration's `limits`: the sizes here are the defaults.
 */
#ifndef SMTPFENCE_BPF_MAPS_H
#define SMTPFENCE_BPF_MAPS_H

/* Exact entries: IPv4 /32, IPv6 /128 and IPv6 /64; preallocated, so that a block never fails. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 262144);
	__type(key, struct smtpfence_prefix);
	__type(value, struct smtpfence_block);
} blocks SEC(".maps");

/* Entries of every other length; few, because lookups and frees in a large trie are slow. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 10000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct smtpfence_prefix);
	__type(value, struct smtpfence_block);
} prefixes SEC(".maps");

/*
 * Destinations that a blocked source still reaches. The value is the key's length again: a lookup
 * does not tell which key matched.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct smtpfence_prefix);
	__type(value, __u32);
} exempt_destinations SEC(".maps");

/* SMTP volume per interface and source; the quietest sources give way when it is full. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct smtpfence_source_key);
	__type(value, struct smtpfence_source);
} sources SEC(".maps");

/* What each entry of `blocks` and `prefixes` has dropped; only entries that were ever hit. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 262144);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct smtpfence_prefix);
	__type(value, struct smtpfence_hits);
} block_hits SEC(".maps");

/* The interfaces that the loader covers, by index: role, hook and SMTP volume. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct smtpfence_interface);
} interfaces SEC(".maps");

/* One counter a verdict reason, by role and family. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SMTPFENCE_REASON_COUNT);
	__type(key, __u32);
	__type(value, struct smtpfence_total);
} totals SEC(".maps");

/* What may change while the program runs: one entry. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct smtpfence_settings);
} settings SEC(".maps");

/* Each CPU's judgements of the current timer tick, and the volume since: sources share slots. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SMTPFENCE_RECENT);
	__type(key, __u32);
	__type(value, struct smtpfence_recent);
} recent SEC(".maps");

struct reading {
	__u64 jiffies; /* when it was read */
	__u64 boottime;
};

/* Each CPU's last reading of CLOCK_BOOTTIME: a new one costs 45 ns in a virtual machine. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reading);
} clock SEC(".maps");

#endif
