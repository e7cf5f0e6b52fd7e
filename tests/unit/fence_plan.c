/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which hook suits which interface: the table of DESIGN section 5. */
#include <linux/if_arp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "fence/plan.h"

#define NATIVE	SMTPFENCE_HOOK_XDP_NATIVE
#define GENERIC SMTPFENCE_HOOK_XDP_GENERIC
#define INGRESS SMTPFENCE_HOOK_TC_INGRESS
#define EGRESS	SMTPFENCE_HOOK_TC_EGRESS

#define GUEST  SMTPFENCE_ROLE_GUEST
#define UPLINK SMTPFENCE_ROLE_UPLINK

static void test_plan(void **state)
{
	static const struct {
		const char *kind;
		unsigned short type;
		enum smtpfence_role role;
		enum config_hook hook;
		enum smtpfence_hook expected[PLAN_HOOKS_MAX]; /* up to the first NONE */
	} cases[] = {
		{"veth", ARPHRD_ETHER, GUEST, CONFIG_HOOK_AUTO, {INGRESS, GENERIC}},
		{"tun", ARPHRD_ETHER, GUEST, CONFIG_HOOK_AUTO, {INGRESS}},
		{"", ARPHRD_ETHER, GUEST, CONFIG_HOOK_AUTO, {NATIVE, GENERIC, INGRESS}},
		{"vlan", ARPHRD_ETHER, GUEST, CONFIG_HOOK_AUTO, {NATIVE, GENERIC, INGRESS}},
		{"macvtap", ARPHRD_ETHER, GUEST, CONFIG_HOOK_AUTO, {EGRESS}},
		{"bridge", ARPHRD_ETHER, GUEST, CONFIG_HOOK_AUTO, {EGRESS}},
		{"", ARPHRD_ETHER, UPLINK, CONFIG_HOOK_AUTO, {EGRESS}},
		{"veth", ARPHRD_ETHER, UPLINK, CONFIG_HOOK_AUTO, {EGRESS}},
		{"tun", ARPHRD_NONE, GUEST, CONFIG_HOOK_AUTO, {0}},
		{"tun", ARPHRD_NONE, GUEST, CONFIG_HOOK_TC, {0}},
		{"", ARPHRD_LOOPBACK, UPLINK, CONFIG_HOOK_AUTO, {0}},
		{"veth", ARPHRD_ETHER, GUEST, CONFIG_HOOK_XDP, {NATIVE, GENERIC}},
		{"tun", ARPHRD_ETHER, GUEST, CONFIG_HOOK_XDP, {NATIVE, GENERIC}},
		{"veth", ARPHRD_ETHER, GUEST, CONFIG_HOOK_XDP_NATIVE, {NATIVE}},
		{"veth", ARPHRD_ETHER, GUEST, CONFIG_HOOK_XDP_GENERIC, {GENERIC}},
		{"bridge", ARPHRD_ETHER, GUEST, CONFIG_HOOK_XDP, {0}},
		{"macvtap", ARPHRD_ETHER, GUEST, CONFIG_HOOK_XDP_GENERIC, {0}},
		{"veth", ARPHRD_ETHER, GUEST, CONFIG_HOOK_TC, {INGRESS}},
		{"bridge", ARPHRD_ETHER, GUEST, CONFIG_HOOK_TC, {EGRESS}},
		{"", ARPHRD_ETHER, UPLINK, CONFIG_HOOK_TC, {EGRESS}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config_interface rule = {.role = cases[i].role, .hook = cases[i].hook};
		struct link link = {.type = cases[i].type};
		struct plan plan;

		snprintf(link.kind, sizeof(link.kind), "%s", cases[i].kind);
		plan = plan_hooks(&link, &rule);
		print_message("case %zu: %s\n", i, plan.reason);
		assert_memory_equal(plan.hooks, cases[i].expected, sizeof(plan.hooks));
		assert_true(plan.count == PLAN_HOOKS_MAX || plan.hooks[plan.count] == 0);
		assert_true(plan.count == 0 || plan.hooks[plan.count - 1] != 0);
		assert_true(strlen(plan.reason) < 160);
	}
}

/* on_block: reset: how XDP answers, and where the operator is told that it hardly can. */
static void test_reset(void **state)
{
	static const struct {
		const char *kind;
		enum smtpfence_hook hook;
		enum smtpfence_xdp_reply reply;
		const char *caveat; /* a word of it */
	} cases[] = {
		{"veth", GENERIC, SMTPFENCE_XDP_REPLY_IN_PLACE, NULL},
		{"veth", NATIVE, SMTPFENCE_XDP_REPLY_REDIRECT, "GRO"},
		{"veth", INGRESS, SMTPFENCE_XDP_REPLY_NONE, NULL},
		{"tun", NATIVE, SMTPFENCE_XDP_REPLY_NONE, "only drops"},
		{"tun", GENERIC, SMTPFENCE_XDP_REPLY_NONE, "only drops"},
		{"tun", INGRESS, SMTPFENCE_XDP_REPLY_NONE, NULL},
		{"", NATIVE, SMTPFENCE_XDP_REPLY_TX, NULL},
		{"", GENERIC, SMTPFENCE_XDP_REPLY_IN_PLACE, NULL},
		{"macvtap", EGRESS, SMTPFENCE_XDP_REPLY_NONE, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct link link = {.type = ARPHRD_ETHER};
		const char *caveat;

		snprintf(link.kind, sizeof(link.kind), "%s", cases[i].kind);
		caveat = plan_reset_caveat(&link, cases[i].hook);
		print_message("case %zu: %s\n", i, caveat ? caveat : "-");
		assert_int_equal(plan_xdp_reply(&link, cases[i].hook), cases[i].reply);
		assert_int_equal(!!caveat, !!cases[i].caveat);
		if (caveat && cases[i].caveat)
			assert_non_null(strstr(caveat, cases[i].caveat));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
