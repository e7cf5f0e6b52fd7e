/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence/plan.h"

#include <linux/if_arp.h>
#include <string.h>

#include "base/cleanup.h"

enum port {
	PORT_OTHER, /* hardware, VLAN devices, … */
	PORT_VETH,
	PORT_TAP,
	PORT_INNER, /* what a guest sends here is transmitted, not received, by the host's device */
	PORT_UPLINK,
};

/* clang-format off */
static const struct plan automatic[] = {
	[PORT_OTHER] = {
		{SMTPFENCE_HOOK_XDP_NATIVE, SMTPFENCE_HOOK_XDP_GENERIC, SMTPFENCE_HOOK_TC_INGRESS},
		3, "auto: native XDP costs least where the driver has it"},
	[PORT_VETH] = {
		{SMTPFENCE_HOOK_TC_INGRESS, SMTPFENCE_HOOK_XDP_GENERIC},
		2, "auto: TC costs a veth least, since XDP copies what TCP sends"},
	[PORT_TAP] = {
		{SMTPFENCE_HOOK_TC_INGRESS},
		1, "auto: TC costs a tap least"},
	[PORT_INNER] = {
		{SMTPFENCE_HOOK_TC_EGRESS},
		1, "auto: on a macvtap or bridge only TC egress sees what a guest sends"},
	[PORT_UPLINK] = {
		{SMTPFENCE_HOOK_TC_EGRESS},
		1, "auto: on an uplink only TC egress sees what leaves"},
};

static const struct plan forced_xdp[] = {
	[CONFIG_HOOK_XDP] = {
		{SMTPFENCE_HOOK_XDP_NATIVE, SMTPFENCE_HOOK_XDP_GENERIC},
		2, "hook: xdp"},
	[CONFIG_HOOK_XDP_NATIVE] = {
		{SMTPFENCE_HOOK_XDP_NATIVE},
		1, "hook: xdp-native"},
	[CONFIG_HOOK_XDP_GENERIC] = {
		{SMTPFENCE_HOOK_XDP_GENERIC},
		1, "hook: xdp-generic"},
};
/* clang-format on */

static struct plan no_plan(const char *reason)
{
	return (struct plan){.reason = reason};
}

static enum port port_of(const struct link *link, enum smtpfence_role role)
{
	static const struct {
		const char *kind;
		enum port port;
	} kinds[] = {
		{"veth", PORT_VETH},
		{"tun", PORT_TAP},
		{"macvtap", PORT_INNER},
		{"bridge", PORT_INNER},
	};

	if (role == SMTPFENCE_ROLE_UPLINK)
		return PORT_UPLINK;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(link->kind, kinds[i].kind) == 0)
			return kinds[i].port;
	return PORT_OTHER;
}

static struct plan plan_tc(enum port port)
{
	bool egress = port == PORT_INNER || port == PORT_UPLINK;

	return (struct plan){
		.hooks = {egress ? SMTPFENCE_HOOK_TC_EGRESS : SMTPFENCE_HOOK_TC_INGRESS},
		.count = 1,
		.reason = "hook: tc",
	};
}

/* XDP on an uplink does not get here: the configuration refuses it. */
static struct plan plan_xdp(enum port port, enum config_hook hook)
{
	if (port == PORT_INNER)
		return no_plan("XDP on a macvtap or bridge does not see what guests send: use "
			       "'hook: auto' or 'hook: tc'");
	return forced_xdp[hook];
}

struct plan plan_hooks(const struct link *link, const struct config_interface *rule)
{
	enum port port = port_of(link, rule->role);

	if (link->type != ARPHRD_ETHER)
		return no_plan("frames here have no Ethernet header (a layer-3 tun, a tunnel or "
			       "lo): only Ethernet interfaces can be covered");
	switch (rule->hook) {
	case CONFIG_HOOK_AUTO:
		return automatic[port];
	case CONFIG_HOOK_TC:
		return plan_tc(port);
	default:
		return plan_xdp(port, rule->hook);
	}
}

bool plan_is_xdp(enum smtpfence_hook hook)
{
	return hook == SMTPFENCE_HOOK_XDP_NATIVE || hook == SMTPFENCE_HOOK_XDP_GENERIC;
}

/*
 * Not on a tap: what a guest claims of a frame (how it is to be cut up) stays with it behind XDP's
 * back, and would go out with the answer past the kernel's checks.
 */
enum smtpfence_xdp_reply plan_xdp_reply(const struct link *link, enum smtpfence_hook hook)
{
	enum port port = port_of(link, SMTPFENCE_ROLE_GUEST);

	if (port == PORT_TAP || !plan_is_xdp(hook))
		return SMTPFENCE_XDP_REPLY_NONE;
	if (hook == SMTPFENCE_HOOK_XDP_GENERIC)
		return SMTPFENCE_XDP_REPLY_IN_PLACE;
	return port == PORT_VETH ? SMTPFENCE_XDP_REPLY_REDIRECT : SMTPFENCE_XDP_REPLY_TX;
}

/* veth_xdp_xmit() hands a frame only to an end that polls (NAPI), since Linux 5.13 with GRO. */
const char *plan_reset_caveat(const struct link *link, enum smtpfence_hook hook)
{
	enum port port = port_of(link, SMTPFENCE_ROLE_GUEST);

	if (port == PORT_TAP && plan_is_xdp(hook))
		return "on_block: reset only drops here, with 'hook: tc' it resets";
	if (port == PORT_VETH && hook == SMTPFENCE_HOOK_XDP_NATIVE)
		return "resets reach the guest only if its end has GRO or XDP on";
	return NULL;
}

const char *plan_hook_name(enum smtpfence_hook hook)
{
	static const char *const names[] = {
		[SMTPFENCE_HOOK_NONE] = "none",
		[SMTPFENCE_HOOK_XDP_NATIVE] = "native XDP",
		[SMTPFENCE_HOOK_XDP_GENERIC] = "generic XDP",
		[SMTPFENCE_HOOK_TC_INGRESS] = "TC ingress",
		[SMTPFENCE_HOOK_TC_EGRESS] = "TC egress",
	};

	return names[hook];
}
