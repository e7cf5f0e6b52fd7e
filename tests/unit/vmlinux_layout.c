/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The curated vmlinux.h against the BTF of the running kernel: what bpf/ reads is where the kernel
 * has it. vmlinux.h comes first, because it brings types of its own for the C library's.
 */
#include "../../vmlinux.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <bpf/btf.h>

#include <cmocka.h>

struct field {
	const char *structure;
	const char *name;
	size_t offset, size; /* bytes */
};

#define FIELD(structure, name)                                                                     \
	{                                                                                          \
#structure, #name, offsetof(struct structure, name),                               \
			sizeof(((struct structure *)0)->name)                                      \
	}

/* Bit fields have no offset: the frame tests see to `version` and `ihl`. */
static const struct field fields[] = {
	FIELD(xdp_md, data),	       FIELD(xdp_md, data_end),	    FIELD(xdp_md, ingress_ifindex),
	FIELD(xdp_md, egress_ifindex), FIELD(__sk_buff, len),	    FIELD(__sk_buff, vlan_present),
	FIELD(__sk_buff, ifindex),     FIELD(__sk_buff, data),	    FIELD(__sk_buff, data_end),
	FIELD(ethhdr, h_dest),	       FIELD(ethhdr, h_proto),	    FIELD(iphdr, tot_len),
	FIELD(iphdr, frag_off),	       FIELD(iphdr, protocol),	    FIELD(iphdr, saddr),
	FIELD(iphdr, daddr),	       FIELD(ipv6hdr, payload_len), FIELD(ipv6hdr, nexthdr),
	FIELD(ipv6hdr, saddr),	       FIELD(ipv6hdr, daddr),	    FIELD(iphdr, ttl),
	FIELD(iphdr, check),	       FIELD(ipv6hdr, hop_limit),
};

/* The contexts grow at their end from version to version; what is on the wire does not. */
static const struct {
	const char *name;
	size_t size;
} whole[] = {
	{"ethhdr", sizeof(struct ethhdr)},
	{"iphdr", sizeof(struct iphdr)},
	{"ipv6hdr", sizeof(struct ipv6hdr)},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int load(void **state)
{
	*state = btf__load_vmlinux_btf();
	if (!*state)
		print_message("skipped: the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)\n");
	return 0;
}

static int unload(void **state)
{
	btf__free(*state);
	return 0;
}

static int find_structure(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	if (id < 0)
		fail_msg("the kernel has no struct %s", name);
	return id;
}

/* The member and its byte offset, also inside unnamed members; NULL if there is none. */
static const struct btf_member *find_member(const struct btf *btf, int id, const char *name,
					    size_t *ret_offset)
{
	const struct btf_type *type = btf__type_by_id(btf, btf__resolve_type(btf, id));
	const struct btf_member *member;
	uint32_t i;

	if (!btf_is_composite(type))
		return NULL;
	for (i = 0, member = btf_members(type); i < btf_vlen(type); i++, member++) {
		const char *its = btf__name_by_offset(btf, member->name_off);
		size_t offset = btf_member_bit_offset(type, i) / 8;
		const struct btf_member *inner;

		*ret_offset = 0;
		inner = *its ? NULL : find_member(btf, member->type, name, ret_offset);
		*ret_offset += offset;
		if (inner || !strcmp(its, name))
			return inner ? inner : member;
	}
	return NULL;
}

static void test_fields(void **state)
{
	const struct btf_member *member;
	const struct btf *btf = *state;
	size_t i, offset;

	if (!btf)
		skip();
	for (i = 0; i < COUNT(fields); i++) {
		const struct field *field = &fields[i];
		int id = find_structure(btf, field->structure);

		member = find_member(btf, id, field->name, &offset);
		if (!member)
			fail_msg("the kernel's struct %s has no %s", field->structure, field->name);
		else if (offset != field->offset)
			fail_msg("struct %s: the kernel's %s is at %zu, ours at %zu",
				 field->structure, field->name, offset, field->offset);
		else if (btf__resolve_size(btf, member->type) != (int64_t)field->size)
			fail_msg("struct %s: the kernel's %s has not %zu bytes", field->structure,
				 field->name, field->size);
	}
}

static void test_sizes(void **state)
{
	const struct btf *btf = *state;
	size_t i;

	if (!btf)
		skip();
	for (i = 0; i < COUNT(whole); i++)
		if (btf__resolve_size(btf, find_structure(btf, whole[i].name)) !=
		    (int64_t)whole[i].size)
			fail_msg("the kernel's struct %s has not %zu bytes", whole[i].name,
				 whole[i].size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests_name("vmlinux.h", tests, load, unload);
}
