/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hooks that follow interfaces as they come, change and go, on the real kernel. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fence/fence.h"
#include "fence_sandbox.h"

#define RULES                                                                                      \
	"interfaces:\n"                                                                            \
	"  - {match: \"tap*\", role: guest}\n"                                                     \
	"  - {match: \"veth*\", role: guest, hook: xdp-generic}\n"                                 \
	"  - {match: \"auto*\", role: guest}\n"                                                    \
	"  - {match: \"mac*\", role: guest}\n"                                                     \
	"  - {match: \"br*\", role: guest}\n"                                                      \
	"  - {match: \"native*\", role: guest, hook: xdp-native}\n"                                \
	"  - {match: \"xdp*\", role: guest, hook: xdp}\n"                                          \
	"  - {match: \"up*\", role: uplink}\n"                                                     \
	"  - {match: \"wrong*\", role: guest, hook: xdp}\n"

struct world {
	sd_event *event;
	struct config *config;
	struct fence *fence;
	size_t told, told_gone; /* calls of the callback */
};

static void count_calls(const struct fence_interface *interface, bool gone, void *userdata)
{
	struct world *world = userdata;

	assert_true(interface->name[0] != '\0');
	world->told++;
	world->told_gone += gone;
}

static void world_end(struct world *world)
{
	fence_free(world->fence);
	config_free(world->config);
	sd_event_unref(world->event);
}

/* A daemon's fence. The events of an earlier one, if any, go on waiting in its own loop. */
static void world_begin(struct world *world, const char *rules)
{
	struct error error = {};

	assert_true(sd_event_new(&world->event) >= 0);
	world->config = sandbox_config(rules);
	assert_ok(fence_open(world->config, &world->fence, &error), &error);
	assert_ok(fence_watch(world->fence, world->event, count_calls, world, &error), &error);
}

static const struct fence_interface *find(const struct world *world, const char *name)
{
	for (size_t i = 0; i < fence_interface_count(world->fence); i++)
		if (strcmp(fence_interface_at(world->fence, i)->name, name) == 0)
			return fence_interface_at(world->fence, i);
	return NULL;
}

/* Lets the loop run until nothing is left to do. */
static void settle(struct world *world)
{
	int r;

	do
		r = sd_event_run(world->event, 20000);
	while (r > 0);
	assert_int_equal(r, 0);
}

/* TCX, which older kernels and the headers of Debian 12 do not have: 0 on them. */
static __u32 tcx_program(unsigned int ifindex, enum bpf_tc_attach_point point)
{
	__u32 programs[8] = {}, count = ARRAY_SIZE(programs);

	if (bpf_prog_query((int)ifindex, point == BPF_TC_INGRESS ? 46 : 47, 0, NULL, programs,
			   &count))
		return 0;
	return programs[0];
}

static bool kernel_has_tcx(void)
{
	__u32 programs[8], count = ARRAY_SIZE(programs);

	return bpf_prog_query((int)if_nametoindex("lo"), 46, 0, NULL, programs, &count) == 0;
}

static __u32 filter_program(unsigned int ifindex, enum bpf_tc_attach_point point)
{
	struct bpf_tc_hook place = {
		.sz = sizeof(place), .ifindex = (int)ifindex, .attach_point = point};
	struct bpf_tc_opts options = {.sz = sizeof(options),
				      .handle = SMTPFENCE_TC_HANDLE,
				      .priority = SMTPFENCE_TC_PRIORITY};

	return bpf_tc_query(&place, &options) ? 0 : options.prog_id;
}

/* Never both at once. */
static __u32 tc_program(unsigned int ifindex, enum bpf_tc_attach_point point)
{
	__u32 link = tcx_program(ifindex, point), filter = filter_program(ifindex, point);

	assert_true(!link || !filter);
	return link ? link : filter;
}

static __u32 xdp_program(unsigned int ifindex, int mode_flag)
{
	__u32 id = 0;

	assert_int_equal(bpf_xdp_query_id((int)ifindex, mode_flag, &id), 0);
	return id;
}

/* What is in force, one letter each: Native, Generic, Ingress, Egress. */
static void attached(const char *name, char ret[5])
{
	unsigned int ifindex = if_nametoindex(name);

	assert_int_not_equal(ifindex, 0);
	snprintf(ret, 5, "%s%s%s%s", xdp_program(ifindex, XDP_FLAGS_DRV_MODE) ? "N" : "",
		 xdp_program(ifindex, XDP_FLAGS_SKB_MODE) ? "G" : "",
		 tc_program(ifindex, BPF_TC_INGRESS) ? "I" : "",
		 tc_program(ifindex, BPF_TC_EGRESS) ? "E" : "");
}

static void assert_attached(const char *name, const char *expected)
{
	char hooks[5];

	attached(name, hooks);
	assert_string_equal(hooks, expected);
}

static void assert_covered(const struct world *world, const char *name, enum smtpfence_hook hook)
{
	const struct fence_interface *interface = find(world, name);

	assert_non_null(interface);
	print_message("%s: %s\n", name, interface->reason);
	assert_true(interface->covered);
	assert_int_equal(interface->hook, hook);
	assert_int_equal(interface->ifindex, if_nametoindex(name));
}

static void assert_not_covered(const struct world *world, const char *name, const char *reason)
{
	const struct fence_interface *interface = find(world, name);

	assert_non_null(interface);
	print_message("%s: %s\n", name, interface->reason);
	assert_false(interface->covered);
	assert_int_equal(interface->hook, SMTPFENCE_HOOK_NONE);
	assert_non_null(strstr(interface->reason, reason));
}

/* The entry of the map `interfaces`; false: there is none. */
static bool noted(unsigned int ifindex, struct smtpfence_interface *ret)
{
	_cleanup_close_ int fd = bpf_obj_get(BPFFS "/interfaces");

	assert_true(fd >= 0);
	return bpf_map_lookup_elem(fd, &ifindex, ret) == 0;
}

/* A program of somebody else. */
static int load_foreign(enum bpf_prog_type type, const char *name)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K,
		 .dst_reg = BPF_REG_0,
		 .imm = 2 /* XDP_PASS */},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(type, name, "GPL", pass, ARRAY_SIZE(pass), NULL);

	assert_true(fd >= 0);
	return fd;
}

static void test_present_interfaces(void **state)
{
	_cleanup_(world_end) struct world world = {};
	struct smtpfence_interface entry;

	(void)state;
	SKIP_UNLESS_ROOT();
	RUN("ip tuntap add tap0 mode tap; ip tuntap add tap1 mode tun;"
	    "ip link add veth0 type veth peer name peer0; ip link add br0 type bridge;"
	    "ip link add up0 type veth peer name peer9; ip link add xdp0 type veth peer name "
	    "other0;"
	    "ip tuntap add native0 mode tap; ip link add wrong0 type bridge;"
	    "ip link add auto0 type veth peer name peer1; ip link add mac0 link peer1 type "
	    "macvlan");
	world_begin(&world, RULES);
	assert_covered(&world, "tap0", SMTPFENCE_HOOK_TC_INGRESS);
	assert_attached("tap0", "I");
	assert_covered(&world, "veth0", SMTPFENCE_HOOK_XDP_GENERIC);
	assert_attached("veth0", "G");
	assert_covered(&world, "auto0", SMTPFENCE_HOOK_TC_INGRESS);
	assert_attached("auto0", "I");
	assert_covered(&world, "mac0", SMTPFENCE_HOOK_XDP_GENERIC);
	assert_attached("mac0", "G");
	assert_covered(&world, "br0", SMTPFENCE_HOOK_TC_EGRESS);
	assert_attached("br0", "E");
	assert_covered(&world, "up0", SMTPFENCE_HOOK_TC_EGRESS);
	assert_attached("up0", "E");
	assert_covered(&world, "xdp0", SMTPFENCE_HOOK_XDP_NATIVE);
	assert_attached("xdp0", "N");
	assert_covered(&world, "native0", SMTPFENCE_HOOK_XDP_NATIVE);
	assert_not_covered(&world, "tap1", "no Ethernet header");
	assert_not_covered(&world, "wrong0", "does not see what guests send");
	assert_attached("wrong0", "");
	assert_attached("peer0", "");
	assert_null(find(&world, "peer0"));
	assert_int_equal(world.told, 10);
	assert_true(noted(if_nametoindex("up0"), &entry));
	assert_int_equal(entry.role, SMTPFENCE_ROLE_UPLINK);
	assert_int_equal(entry.hook, SMTPFENCE_HOOK_TC_EGRESS);
	assert_false(noted(if_nametoindex("peer0"), &entry));
	settle(&world);
	assert_int_equal(world.told, 10);
}

static void test_appear_rename_and_go(void **state)
{
	_cleanup_(world_end) struct world world = {};
	struct smtpfence_interface entry;
	unsigned int ifindex;

	(void)state;
	SKIP_UNLESS_ROOT();
	world_begin(&world, RULES);
	RUN("ip tuntap add tap7 mode tap && ip link set tap7 up");
	settle(&world);
	assert_covered(&world, "tap7", SMTPFENCE_HOOK_TC_INGRESS);
	ifindex = if_nametoindex("tap7");

	RUN("ip link set tap7 down && ip link set tap7 name tap8");
	settle(&world);
	assert_null(find(&world, "tap7"));
	assert_covered(&world, "tap8", SMTPFENCE_HOOK_TC_INGRESS);
	assert_attached("tap8", "I");

	RUN("ip link set tap8 name native8");
	settle(&world);
	assert_covered(&world, "native8", SMTPFENCE_HOOK_XDP_NATIVE);
	assert_attached("native8", "N");

	RUN("ip link set native8 name lan8");
	settle(&world);
	assert_int_equal(fence_interface_count(world.fence), 0);
	assert_attached("lan8", "");
	assert_false(noted(ifindex, &entry));

	RUN("ip link set lan8 name tap8");
	settle(&world);
	assert_attached("tap8", "I");
	assert_true(noted(ifindex, &entry));
	RUN("ip link del tap8");
	settle(&world);
	assert_int_equal(fence_interface_count(world.fence), 0);
	assert_false(noted(ifindex, &entry));
	assert_int_equal(world.told_gone, 2);
}

/* The pin of the first device outlives it and must not be taken for the second one's. */
static void test_same_name_and_index_again(void **state)
{
	static const char command[] = "ip link add veth0 index 77 type veth peer name peer0";
	_cleanup_(world_end) struct world world = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	RUN(command);
	world_begin(&world, RULES);
	for (int i = 0; i < 5; i++) {
		RUN("ip link del veth0");
		if (i % 2)
			settle(&world); /* seen as two changes, or as one */
		RUN(command);
		settle(&world);
		assert_covered(&world, "veth0", SMTPFENCE_HOOK_XDP_GENERIC);
		assert_attached("veth0", "G");
	}
}

static void test_deleted_while_nobody_watched(void **state)
{
	struct smtpfence_interface entry;
	struct world world = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	RUN("ip link add veth0 index 77 type veth peer name peer0;"
	    "ip link add veth1 index 79 type veth peer name peer1");
	world_begin(&world, RULES);
	world_end(&world);
	assert_attached("veth0", "G");
	RUN("ip link del veth0; ip link del veth1;"
	    "ip link add veth1 index 79 type veth peer name peer1");
	assert_int_equal(access(BPFFS "/links/xdp-77", F_OK), 0);
	world = (struct world){};
	/* New maps, too: they know nothing of the old interfaces, the pins do. */
	world_begin(&world, RULES "limits: {blocks: 100}\n");
	assert_int_not_equal(access(BPFFS "/links/xdp-77", F_OK), 0);
	assert_false(noted(77, &entry));
	assert_attached("veth1", "G");
	world_end(&world);
}

static void test_moved_to_another_namespace(void **state)
{
	_cleanup_(world_end) struct world world = {};
	struct smtpfence_interface entry;

	(void)state;
	SKIP_UNLESS_ROOT();
	RUN("mount -t tmpfs tmpfs /run && ip netns add other &&"
	    "ip link add veth0 index 77 type veth peer name peer0");
	world_begin(&world, RULES);
	RUN("ip link set veth0 netns other");
	settle(&world);
	assert_null(find(&world, "veth0"));
	assert_int_not_equal(access(BPFFS "/links/xdp-77", F_OK), 0);
	assert_false(noted(77, &entry));
	/* Another device gets the index while the first still lives elsewhere. */
	RUN("ip link add veth1 index 77 type veth peer name peer1");
	settle(&world);
	assert_attached("veth1", "G");
	RUN("nsenter --net=/run/netns/other ip link set veth0 name veth2 netns $$");
	RUN("ip netns del other; umount -l /run");
	settle(&world);
	assert_covered(&world, "veth2", SMTPFENCE_HOOK_XDP_GENERIC);
	assert_attached("veth2", "G");
}

static int attach_foreign_xdp(const char *name)
{
	_cleanup_close_ int program = load_foreign(BPF_PROG_TYPE_XDP, "foreign");
	const struct bpf_link_create_opts options = {
		.sz = sizeof(options),
		.flags = XDP_FLAGS_SKB_MODE,
	};

	return bpf_link_create(program, (int)if_nametoindex(name), BPF_XDP, &options);
}

static void test_foreign_xdp_program_is_left_alone(void **state)
{
	_cleanup_(world_end) struct world world = {};
	struct error error = {};
	int link;

	(void)state;
	SKIP_UNLESS_ROOT();
	RUN("ip link add peer0 type veth peer name peer1; ip link add mac0 link peer0 type "
	    "macvlan");
	link = attach_foreign_xdp("mac0");
	assert_true(link >= 0);
	world_begin(&world, RULES);
	assert_covered(&world, "mac0", SMTPFENCE_HOOK_TC_INGRESS);
	assert_attached("mac0", "GI");
	assert_non_null(strstr(find(&world, "mac0")->reason, "somebody else's XDP program"));
	close(link);
	/* Nobody is told when a link goes: the audit sees it. */
	assert_ok(fence_rewatch(world.fence, world.config, &error), &error);
	assert_covered(&world, "mac0", SMTPFENCE_HOOK_XDP_GENERIC);
	assert_attached("mac0", "G");
}

/* The pin with the device's index is that of another device, alive in another namespace. */
static void test_foreign_xdp_program_is_not_taken_for_ours(void **state)
{
	_cleanup_close_ int link = -1;
	struct world world = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	RUN("mount -t tmpfs tmpfs /run && ip netns add other &&"
	    "ip link add peer0 type veth peer name peer1 &&"
	    "ip link add mac0 link peer0 index 77 type macvlan");
	world_begin(&world, RULES);
	world_end(&world);
	RUN("ip link set mac0 netns other && ip link add mac1 link peer0 index 77 type macvlan");
	link = attach_foreign_xdp("mac1");
	assert_true(link >= 0);
	world = (struct world){};
	world_begin(&world, RULES);
	assert_covered(&world, "mac1", SMTPFENCE_HOOK_TC_INGRESS);
	assert_attached("mac1", "GI");
	world_end(&world);
	RUN("ip netns del other; umount -l /run");
}

/* In our place; beside a link it disturbs nobody. */
static __u32 attach_foreign_filter(const char *name)
{
	struct bpf_tc_hook place = {.sz = sizeof(place),
				    .attach_point = BPF_TC_INGRESS,
				    .ifindex = (int)if_nametoindex(name)};
	_cleanup_close_ int program = load_foreign(BPF_PROG_TYPE_SCHED_CLS, "foreign");
	struct bpf_tc_opts options = {.sz = sizeof(options),
				      .handle = SMTPFENCE_TC_HANDLE,
				      .priority = SMTPFENCE_TC_PRIORITY,
				      .prog_fd = program};

	assert_int_equal(bpf_tc_hook_create(&place), 0);
	assert_int_equal(bpf_tc_attach(&place, &options), 0);
	return filter_program(if_nametoindex(name), BPF_TC_INGRESS);
}

static void test_foreign_tc_filter_is_left_alone(void **state)
{
	_cleanup_(world_end) struct world world = {};
	struct error error = {};
	__u32 id;

	(void)state;
	SKIP_UNLESS_ROOT();
	RUN("ip tuntap add tap0 mode tap");
	id = attach_foreign_filter("tap0");
	world_begin(&world, RULES);
	if (kernel_has_tcx())
		assert_covered(&world, "tap0", SMTPFENCE_HOOK_TC_INGRESS);
	else
		assert_not_covered(&world, "tap0", "somebody else's");
	assert_ok(fence_unload(BPFFS, &error), &error);
	assert_int_equal(filter_program(if_nametoindex("tap0"), BPF_TC_INGRESS), id);
	assert_int_equal(tcx_program(if_nametoindex("tap0"), BPF_TC_INGRESS), 0);
}

/* As an administrator would, by `tc` or `bpftool`. */
static void take_away(const char *name)
{
	_cleanup_close_ int link = -1;
	char path[64];

	snprintf(path, sizeof(path), BPFFS "/links/ingress-%u", if_nametoindex(name));
	link = bpf_obj_get(path);
	if (link >= 0)
		assert_int_equal(bpf_link_detach(link), 0);
	else
		RUN("tc qdisc del dev tap0 clsact");
}

static void test_what_others_take_away_comes_back(void **state)
{
	_cleanup_(world_end) struct world world = {};
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	RUN("ip tuntap add tap0 mode tap");
	world_begin(&world, RULES);
	take_away("tap0");
	assert_attached("tap0", "");
	assert_ok(fence_rewatch(world.fence, world.config, &error), &error);
	assert_attached("tap0", "I");
}

/* One that was there before the kernel had links, or our version knew of them. */
static void test_link_in_place_of_an_older_filter(void **state)
{
	struct bpf_tc_hook place = {.sz = sizeof(place), .attach_point = BPF_TC_INGRESS};
	struct bpf_tc_opts options = {.sz = sizeof(options),
				      .handle = SMTPFENCE_TC_HANDLE,
				      .priority = SMTPFENCE_TC_PRIORITY};
	_cleanup_(world_end) struct world world = {};
	_cleanup_close_ int program = -1;

	(void)state;
	SKIP_UNLESS_ROOT();
	program = load_foreign(BPF_PROG_TYPE_SCHED_CLS, "smtpfence_old");
	RUN("ip tuntap add tap0 mode tap");
	place.ifindex = (int)if_nametoindex("tap0");
	options.prog_fd = program;
	assert_int_equal(bpf_tc_hook_create(&place), 0);
	assert_int_equal(bpf_tc_attach(&place, &options), 0);
	world_begin(&world, RULES);
	assert_covered(&world, "tap0", SMTPFENCE_HOOK_TC_INGRESS);
	assert_attached("tap0", "I");
	assert_true(!tcx_program(place.ifindex, BPF_TC_INGRESS) == !kernel_has_tcx());
}

/* The pin of the first device must not be taken for the second one's. */
static void test_tc_on_the_same_index_again(void **state)
{
	_cleanup_(world_end) struct world world = {};
	char path[] = BPFFS "/links/ingress-77";

	(void)state;
	SKIP_UNLESS_ROOT();
	RUN("ip link add auto0 index 77 type veth peer name peer0");
	world_begin(&world, RULES);
	assert_attached("auto0", "I");
	RUN("ip link del auto0; ip link add auto1 index 77 type veth peer name peer1");
	settle(&world);
	assert_attached("auto1", "I");
	RUN("ip link del auto1");
	settle(&world);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void test_other_rules(void **state)
{
	static const struct {
		const char *hook, *attached;
	} steps[] = {
		{"xdp-native", "N"}, {"xdp-generic", "G"}, {"tc", "I"},	 {"xdp", "N"},
		{"auto", "I"},	     {"xdp-generic", "G"}, {"xdp", "G"}, {"auto", "G"},
		{"xdp-native", "N"}, {"tc", "I"},
	};
	_cleanup_(world_end) struct world world = {};
	struct smtpfence_interface entry = {};
	struct error error = {};
	unsigned int ifindex;

	(void)state;
	SKIP_UNLESS_ROOT();
	RUN("ip link add veth0 type veth peer name peer0");
	ifindex = if_nametoindex("veth0");
	world_begin(&world, RULES);
	{
		_cleanup_close_ int fd = bpf_obj_get(BPFFS "/interfaces");

		entry.packets = 4711;
		assert_int_equal(bpf_map_update_elem(fd, &ifindex, &entry, BPF_ANY), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct config *old = world.config;
		char rules[128];

		snprintf(rules, sizeof(rules),
			 "interfaces: [{match: \"veth*\", role: guest, hook: %s}]\n",
			 steps[i].hook);
		world.config = sandbox_config(rules);
		assert_ok(fence_rewatch(world.fence, world.config, &error), &error);
		config_free(old);
		print_message("hook: %s\n", steps[i].hook);
		assert_attached("veth0", steps[i].attached);
	}
	assert_true(noted(ifindex, &entry));
	assert_int_equal(entry.packets, 4711);
	assert_int_equal(entry.hook, SMTPFENCE_HOOK_TC_INGRESS);
	config_free(world.config);
	world.config = sandbox_config("interfaces: [{match: \"none\", role: guest}]\n");
	assert_ok(fence_rewatch(world.fence, world.config, &error), &error);
	assert_attached("veth0", "");
	assert_int_equal(fence_interface_count(world.fence), 0);
}

static void test_second_daemon_takes_over(void **state)
{
	struct world first = {}, second = {};
	__u32 old_xdp, old_tc;

	(void)state;
	SKIP_UNLESS_ROOT();
	RUN("ip link add veth0 type veth peer name peer0; ip tuntap add tap0 mode tap");
	world_begin(&first, RULES);
	world_end(&first);
	old_xdp = xdp_program(if_nametoindex("veth0"), XDP_FLAGS_SKB_MODE);
	old_tc = tc_program(if_nametoindex("tap0"), BPF_TC_INGRESS);
	world_begin(&second, RULES);
	assert_attached("veth0", "G");
	assert_attached("tap0", "I");
	assert_int_not_equal(xdp_program(if_nametoindex("veth0"), XDP_FLAGS_SKB_MODE), old_xdp);
	assert_int_not_equal(tc_program(if_nametoindex("tap0"), BPF_TC_INGRESS), old_tc);
	world_end(&second);
}

static void test_unload_takes_every_hook(void **state)
{
	struct world world = {};
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	RUN("ip link add veth0 type veth peer name peer0; ip tuntap add tap0 mode tap;"
	    "ip link add up0 type veth peer name xdp0");
	world_begin(&world, RULES);
	world_end(&world);
	/* Also without its folder: filters are found by their place, links are not. */
	assert_ok(fence_unload("/sys/fs/bpf/elsewhere", &error), &error);
	assert_attached("tap0", kernel_has_tcx() ? "I" : "");
	assert_attached("veth0", "G");
	assert_ok(fence_unload(BPFFS, &error), &error);
	assert_attached("tap0", "");
	assert_attached("veth0", "");
	assert_attached("up0", "");
	assert_attached("xdp0", "");
	assert_int_not_equal(access(BPFFS, F_OK), 0);
}

static void assert_all_covered(const struct world *world, size_t count)
{
	size_t covered = 0;

	for (size_t i = 0; i < fence_interface_count(world->fence); i++)
		covered += fence_interface_at(world->fence, i)->covered;
	assert_int_equal(covered, count);
}

/* More messages than are taken one by one: everything is read again instead. */
static void test_many_at_once(void **state)
{
	_cleanup_(world_end) struct world world = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	world_begin(&world, RULES);
	RUN("for i in $(seq 100); do echo tuntap add tap$i mode tap; done | ip -batch -");
	settle(&world);
	assert_all_covered(&world, 100);
	assert_attached("tap100", "I");
	RUN("for i in $(seq 2 100); do echo link del tap$i; done | ip -batch -");
	settle(&world);
	assert_all_covered(&world, 1);
	assert_int_equal(world.told_gone, 99);
}

#define sandboxed(test) cmocka_unit_test_setup_teardown(test, sandbox_setup, sandbox_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandboxed(test_present_interfaces),
		sandboxed(test_appear_rename_and_go),
		sandboxed(test_same_name_and_index_again),
		sandboxed(test_deleted_while_nobody_watched),
		sandboxed(test_moved_to_another_namespace),
		sandboxed(test_foreign_xdp_program_is_left_alone),
		sandboxed(test_foreign_xdp_program_is_not_taken_for_ours),
		sandboxed(test_foreign_tc_filter_is_left_alone),
		sandboxed(test_what_others_take_away_comes_back),
		sandboxed(test_link_in_place_of_an_older_filter),
		sandboxed(test_tc_on_the_same_index_again),
		sandboxed(test_other_rules),
		sandboxed(test_second_daemon_takes_over),
		sandboxed(test_unload_takes_every_hook),
		sandboxed(test_many_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
