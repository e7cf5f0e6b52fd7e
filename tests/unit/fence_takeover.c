/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * While a daemon takes over from another, makes new maps, changes hooks or entries, frames go on:
 * not one of the blocked source passes, and not one of the other source is lost.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "fence/fence.h"
#include "fence_sandbox.h"

#define BLOCKED	 "192.0.2.66"
#define INNOCENT "192.0.2.11"

/* Rounds that must pass before and after what is tested. */
#define ROUNDS 50

struct syn {
	struct ethhdr ethernet;
	struct iphdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

/* A guest that sends from both sources in turn, and a witness behind the bridge. */
struct traffic {
	int guest, witness;
	pthread_t thread;
	atomic_bool stop;
	atomic_size_t rounds, leaked, lost;
};

/* Without it netfilter on the bridge would drop the frame as malformed. */
static uint16_t ip_checksum(struct iphdr ip)
{
	uint16_t words[sizeof(ip) / sizeof(uint16_t)];
	uint32_t sum = 0;

	memcpy(words, &ip, sizeof(words));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static struct syn syn_from(const char *source)
{
	struct syn syn = {
		.ethernet = {.h_dest = {255, 255, 255, 255, 255, 255},
			     .h_source = {2, 0, 0, 0, 0, 1},
			     .h_proto = htons(ETH_P_IP)},
		.ip = {.version = 4,
		       .ihl = 5,
		       .tot_len = htons(sizeof(syn.ip) + sizeof(syn.tcp)),
		       .ttl = 64,
		       .protocol = IPPROTO_TCP,
		       .saddr = inet_addr(source),
		       .daddr = inet_addr("203.0.113.25")},
		.tcp = {.source = htons(40000), .dest = htons(SMTPFENCE_PORT), .doff = 5, .syn = 1},
	};

	syn.ip.check = ip_checksum(syn.ip);
	return syn;
}

/* Waits for the innocent frame, which was sent last; whatever came before it is looked at. */
static void look_for(struct traffic *traffic, in_addr_t innocent, in_addr_t blocked)
{
	struct syn frame;

	for (;;) {
		ssize_t length = recv(traffic->witness, &frame, sizeof(frame), 0);

		if (length < 0) {
			traffic->lost++;
			return;
		}
		if ((size_t)length < sizeof(frame))
			continue;
		if (frame.ip.saddr == blocked)
			traffic->leaked++;
		if (frame.ip.saddr == innocent)
			return;
	}
}

static void *send_in_turn(void *userdata)
{
	const struct syn blocked = syn_from(BLOCKED), innocent = syn_from(INNOCENT);
	struct traffic *traffic = userdata;

	while (!traffic->stop) {
		if (write(traffic->guest, &blocked, sizeof(blocked)) != sizeof(blocked) ||
		    write(traffic->guest, &innocent, sizeof(innocent)) != sizeof(innocent))
			traffic->lost++;
		look_for(traffic, innocent.ip.saddr, blocked.ip.saddr);
		traffic->rounds++;
	}
	return NULL;
}

static int open_packet_socket(const char *name)
{
	const struct timeval patience = {.tv_sec = 2};
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	return fd;
}

/* The guest's end of a tap: what is written to it is what the guest sends. */
static int open_tap(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, TUNSETIFF, &request), 0);
	return fd;
}

static void traffic_begin(struct traffic *traffic)
{
	traffic->witness = open_packet_socket("witness1");
	assert_int_equal(pthread_create(&traffic->thread, NULL, send_in_turn, traffic), 0);
}

static void traffic_flows(struct traffic *traffic)
{
	size_t enough = traffic->rounds + ROUNDS;

	while (traffic->rounds < enough && !traffic->lost)
		sched_yield();
}

static void traffic_end(struct traffic *traffic)
{
	traffic->stop = true;
	pthread_join(traffic->thread, NULL);
	close(traffic->witness);
	close(traffic->guest);
	print_message("%zu rounds\n", (size_t)traffic->rounds);
	assert_int_equal(traffic->leaked, 0);
	assert_int_equal(traffic->lost, 0);
}

/* A daemon from its start to its death; what it attached stays. */
static void run_daemon(const char *rules, sd_event *event, struct config *rewatch)
{
	_cleanup_(config_freep) struct config *config = sandbox_config(rules);
	struct entry items[] = {{sandbox_prefix(BLOCKED), SMTPFENCE_ACTION_DROP, 0}};
	const struct entries wanted = {items, ARRAY_SIZE(items)};
	_cleanup_(fence_freep) struct fence *fence = NULL;
	struct fence_changes changes;
	struct error error = {};

	assert_ok(fence_open(config, &fence, &error), &error);
	assert_ok(fence_sync(fence, &wanted, &changes, &error), &error);
	assert_ok(fence_watch(fence, event, NULL, NULL, &error), &error);
	if (rewatch)
		assert_ok(fence_rewatch(fence, rewatch, &error), &error);
}

#define RULE(hook) "interfaces: [{match: \"guest*\", role: guest, hook: " hook "}]\n"

/* Everything that changes hooks or maps, in one go. */
static void take_over_again_and_again(struct traffic *traffic)
{
	_cleanup_(config_freep) struct config *tc = sandbox_config(RULE("tc"));
	_cleanup_(config_freep) struct config *generic = sandbox_config(RULE("xdp-generic"));
	_cleanup_(sd_event_unrefp) sd_event *event = NULL;

	assert_true(sd_event_new(&event) >= 0);
	run_daemon(RULE("auto"), event, NULL);
	traffic_begin(traffic);
	traffic_flows(traffic);
	run_daemon(RULE("auto"), event, NULL);
	run_daemon(RULE("auto") "limits: {blocks: 500}\n", event, NULL);
	run_daemon(RULE("xdp-native") "limits: {blocks: 500}\n", event, generic);
	run_daemon(RULE("xdp-native") "limits: {prefixes: 50}\n", event, tc);
	traffic_flows(traffic);
	traffic_end(traffic);
}

static void sync_to(struct fence *fence, struct entry *items, size_t count)
{
	const struct entries wanted = {items, count};
	struct fence_changes changes;
	struct error error = {};

	assert_ok(fence_sync(fence, &wanted, &changes, &error), &error);
	assert_true(changes.added > 0);
	assert_true(changes.removed > 0);
}

/* The blocked source is in every one of them, and the other one is blocked in none. */
static void sync_again_and_again(struct fence *fence)
{
	const enum smtpfence_action drop = SMTPFENCE_ACTION_DROP, allow = SMTPFENCE_ACTION_ALLOW;
	struct entry narrow[] = {{sandbox_prefix(BLOCKED), drop, 0}};
	struct entry wide[] = {{sandbox_prefix("192.0.2.64/28"), drop, 0}};
	struct entry exception[] = {{sandbox_prefix("192.0.2.0/24"), drop, 0},
				    {sandbox_prefix(INNOCENT), allow, 0}};

	for (int i = 0; i < 500; i++) {
		sync_to(fence, exception, ARRAY_SIZE(exception));
		sync_to(fence, wide, ARRAY_SIZE(wide));
		sync_to(fence, narrow, ARRAY_SIZE(narrow));
	}
}

static void make_veth_guest(struct traffic *traffic)
{
	RUN("ip link add br0 type bridge && ip link set br0 up &&"
	    "ip link add witness0 master br0 up type veth peer name witness1 &&"
	    "ip link add guest0 master br0 up type veth peer name inside0 &&"
	    "ip link set inside0 up && ip link set witness1 up");
	traffic->guest = open_packet_socket("inside0");
}

static void test_sync(void **state)
{
	const struct entry blocked = {sandbox_prefix(BLOCKED), SMTPFENCE_ACTION_DROP, 0};
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(sd_event_unrefp) sd_event *event = NULL;
	_cleanup_(fence_freep) struct fence *fence = NULL;
	struct traffic traffic = {};
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	make_veth_guest(&traffic);
	assert_true(sd_event_new(&event) >= 0);
	config = sandbox_config(RULE("auto"));
	assert_ok(fence_open(config, &fence, &error), &error);
	assert_ok(fence_set(fence, &blocked, &error), &error);
	assert_ok(fence_watch(fence, event, NULL, NULL, &error), &error);
	traffic_begin(&traffic);
	traffic_flows(&traffic);
	sync_again_and_again(fence);
	traffic_flows(&traffic);
	traffic_end(&traffic);
}

static void test_veth(void **state)
{
	struct traffic traffic = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	make_veth_guest(&traffic);
	take_over_again_and_again(&traffic);
}

static void test_tap(void **state)
{
	struct traffic traffic = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	traffic.guest = open_tap("guest0");
	RUN("ip link add br0 type bridge && ip link set br0 up &&"
	    "ip link add witness0 master br0 up type veth peer name witness1 &&"
	    "ip link set guest0 master br0 up && ip link set witness1 up");
	take_over_again_and_again(&traffic);
}

#define sandboxed(test) cmocka_unit_test_setup_teardown(test, sandbox_setup, sandbox_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandboxed(test_sync),
		sandboxed(test_veth),
		sandboxed(test_tap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
