/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence/hook.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "fence/plan.h"
#include "fence/port.h"
#include "fence/tc.h"
#include "fence/tcx.h"
#include "fence/xdp.h"

static const enum smtpfence_hook tc_hooks[] = {SMTPFENCE_HOOK_TC_INGRESS, SMTPFENCE_HOOK_TC_EGRESS};

/*
 * As a link where the kernel has that, else as a filter; one that an older version has left goes
 * when the link is in force.
 */
static int attach_tc(const struct fence *fence, unsigned int ifindex, enum smtpfence_hook hook,
		     struct error *error)
{
	bool egress = hook == SMTPFENCE_HOOK_TC_EGRESS;
	const struct program *program = egress ? &fence->tc_egress : &fence->tc_ingress;
	int r = tcx_attach(fence->bpffs, ifindex, hook, program, error);

	if (r == -EOPNOTSUPP)
		return tc_attach(ifindex, hook, program, error);
	if (r == 0 && tc_detach(ifindex, hook, error) < 0)
		log_warning("interface %u: an older filter stays: %s", ifindex, error->text);
	return r;
}

static int detach_tc(const char *bpffs, unsigned int ifindex, enum smtpfence_hook hook,
		     struct error *error)
{
	int r = tcx_detach(bpffs, ifindex, hook, error);

	return r < 0 ? r : tc_detach(ifindex, hook, error);
}

/*
 * A device has one XDP mode at a time, so that native and generic cannot stand in for each other
 * while one becomes the other: TC ingress does, until release_others.
 */
static int change_xdp_mode(const struct fence *fence, struct link *link, struct error *error)
{
	int r;

	r = attach_tc(fence, link->ifindex, SMTPFENCE_HOOK_TC_INGRESS, error);
	if (r < 0)
		return r;
	r = xdp_detach(fence->bpffs, link->ifindex, error);
	return r < 0 ? r : link_read(link->ifindex, link, error);
}

static int attach_xdp(const struct fence *fence, struct link *link, enum smtpfence_hook hook,
		      struct error *error)
{
	struct xdp_state state = xdp_query(fence->bpffs, link);
	int r;

	if (state.ours != SMTPFENCE_HOOK_NONE && state.ours != hook) {
		r = change_xdp_mode(fence, link, error);
		if (r < 0)
			return r;
	}
	return xdp_attach(fence->bpffs, link, hook, &fence->xdp, error);
}

/* Comes before the hook, so that the first frame finds its interface. Covering matters more. */
static void note(const struct fence *fence, const struct link *link, enum smtpfence_role role,
		 enum smtpfence_hook hook)
{
	struct error error;

	if (port_put(fence, link->ifindex, role, hook, plan_xdp_reply(link, hook), &error) < 0)
		log_warning("%s: its traffic is not counted: %s", link->name, error.text);
}

static int release_others(const char *bpffs, unsigned int ifindex, enum smtpfence_hook kept,
			  struct error *error)
{
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(tc_hooks); i++) {
		if (tc_hooks[i] == kept)
			continue;
		r = detach_tc(bpffs, ifindex, tc_hooks[i], error);
		if (r < 0)
			return r;
	}
	return plan_is_xdp(kept) ? 0 : xdp_detach(bpffs, ifindex, error);
}

int hook_release(const char *bpffs, unsigned int ifindex, struct error *error)
{
	return release_others(bpffs, ifindex, SMTPFENCE_HOOK_NONE, error);
}

int hook_clear_pins(const char *bpffs, unsigned int ifindex, struct error *error)
{
	int r = xdp_detach(bpffs, ifindex, error);

	for (size_t i = 0; i < ARRAY_SIZE(tc_hooks) && r == 0; i++)
		r = tcx_detach(bpffs, ifindex, tc_hooks[i], error);
	return r;
}

/* Somebody else's program stays; there is room for one only, so TC takes the place of XDP. */
static struct plan plan_beside_foreign(const struct plan *plan)
{
	if (plan->count == 0 || !plan_is_xdp(plan->hooks[0]))
		return *plan;
	return (struct plan){
		.hooks = {SMTPFENCE_HOOK_TC_INGRESS},
		.count = 1,
		.reason = "somebody else's XDP program is attached: TC instead",
	};
}

/* What is in force and among the hooks that will do is not given up for a try of another. */
static void prefer(struct plan *plan, enum smtpfence_hook hook)
{
	for (size_t i = 1; i < plan->count; i++) {
		if (plan->hooks[i] != hook)
			continue;
		plan->hooks[i] = plan->hooks[0];
		plan->hooks[0] = hook;
	}
}

static void settle(const struct fence *fence, struct fence_interface *interface,
		   enum smtpfence_hook hook)
{
	struct error error;

	interface->hook = hook;
	interface->covered = true;
	if (release_others(fence->bpffs, interface->ifindex, hook, &error) < 0)
		log_warning("%s: covered by %s, but an older hook stays: %s", interface->name,
			    plan_hook_name(hook), error.text);
}

static int attach(const struct fence *fence, struct link *link, enum smtpfence_hook hook,
		  struct error *error)
{
	if (plan_is_xdp(hook))
		return attach_xdp(fence, link, hook, error);
	return attach_tc(fence, link->ifindex, hook, error);
}

/* Attaches the first of the plan's hooks that can be; -ENOTSUP: none, the last error stands. */
static int attach_any(const struct fence *fence, const struct link *link, const struct plan *plan,
		      enum smtpfence_role role, enum smtpfence_hook *ret, struct error *error)
{
	struct link current = *link;

	for (size_t i = 0; i < plan->count; i++) {
		*ret = plan->hooks[i];
		note(fence, link, role, *ret);
		if (attach(fence, &current, *ret, error) == 0)
			return 0;
		log_debug("%s: %s", link->name, error->text);
	}
	return -ENOTSUP;
}

/* The text depends on what is, not on how it came about: a change of it is worth telling. */
static void explain(struct fence_interface *interface, const struct plan *plan,
		    enum smtpfence_hook first, const char *caveat)
{
	int used;

	if (interface->hook == first)
		used = snprintf(interface->reason, sizeof(interface->reason), "%s", plan->reason);
	else
		used = snprintf(interface->reason, sizeof(interface->reason),
				"%s cannot be attached here: %s instead", plan_hook_name(first),
				plan_hook_name(interface->hook));
	if (caveat && used >= 0 && (size_t)used < sizeof(interface->reason))
		snprintf(interface->reason + used, sizeof(interface->reason) - (size_t)used, "; %s",
			 caveat);
}

static const char *caveat_of(const struct fence *fence, const struct link *link,
			     enum smtpfence_hook hook)
{
	if (fence->config->on_block != SMTPFENCE_ON_BLOCK_RESET)
		return NULL;
	return plan_reset_caveat(link, hook);
}

struct fence_interface hook_cover(const struct fence *fence, const struct link *link,
				  const struct config_interface *rule)
{
	struct fence_interface interface = {.ifindex = link->ifindex, .role = rule->role};
	struct xdp_state state = xdp_query(fence->bpffs, link);
	struct plan plan = plan_hooks(link, rule);
	enum smtpfence_hook first, attached;
	struct error error;

	snprintf(interface.name, sizeof(interface.name), "%s", link->name);
	error_set(&error, -ENOTSUP, "%s", plan.reason);
	if (state.foreign)
		plan = plan_beside_foreign(&plan);
	first = plan.hooks[0];
	prefer(&plan, state.ours);
	if (attach_any(fence, link, &plan, rule->role, &attached, &error) == 0) {
		settle(fence, &interface, attached);
		explain(&interface, &plan, first, caveat_of(fence, link, attached));
	} else {
		note(fence, link, rule->role, SMTPFENCE_HOOK_NONE);
		snprintf(interface.reason, sizeof(interface.reason), "%.*s",
			 (int)sizeof(interface.reason) - 1, error.text);
	}
	return interface;
}
