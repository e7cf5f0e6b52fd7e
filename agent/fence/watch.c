/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interfaces are there, and the hooks that follow them. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "fence/bpffs.h"
#include "fence/hook.h"
#include "fence/load.h"
#include "fence/netlink.h"
#include "fence/plan.h"
#include "fence/port.h"
#include "fence/private.h"

#define AUDIT_INTERVAL_US (60 * 1000000ULL)
#define RETRY_INTERVAL_US (1 * 1000000ULL) /* after a scan that failed */

static struct fence_interface *find(const struct watch *watch, unsigned int ifindex)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->items[i].ifindex == ifindex)
			return &watch->items[i];
	return NULL;
}

static void tell(const struct watch *watch, const struct fence_interface *interface, bool gone)
{
	if (gone)
		log_info("%s: gone, or no longer named by a rule", interface->name);
	else if (interface->covered)
		log_info("%s: covered by %s (%s)", interface->name, plan_hook_name(interface->hook),
			 interface->reason);
	else
		log_error("%s: NOT COVERED: %s", interface->name, interface->reason);
	if (watch->fn)
		watch->fn(interface, gone, watch->userdata);
}

static bool is_same(const struct fence_interface *a, const struct fence_interface *b)
{
	return strcmp(a->name, b->name) == 0 && a->role == b->role && a->hook == b->hook &&
	       a->covered == b->covered && strcmp(a->reason, b->reason) == 0;
}

static void remember(struct watch *watch, const struct fence_interface *interface)
{
	struct fence_interface *known = find(watch, interface->ifindex);
	struct fence_interface *items;

	if (known && is_same(known, interface))
		return;
	if (known) {
		*known = *interface;
	} else {
		items = reallocarray(watch->items, watch->count + 1, sizeof(*items));
		if (!items) {
			log_error("%s: out of memory, covered but not shown", interface->name);
			return;
		}
		watch->items = items;
		watch->items[watch->count++] = *interface;
	}
	tell(watch, interface, false);
}

static void forget(struct watch *watch, unsigned int ifindex)
{
	struct fence_interface *known = find(watch, ifindex);
	struct fence_interface gone;

	if (!known)
		return;
	gone = *known;
	watch->count--;
	memmove(known, known + 1, (size_t)(watch->items + watch->count - known) * sizeof(*known));
	tell(watch, &gone, true);
}

/* The device is there, and no rule names it. */
static void release(struct fence *fence, unsigned int ifindex)
{
	struct error error;

	if (hook_release(fence->bpffs, ifindex, &error) < 0 ||
	    port_remove(fence, ifindex, &error) < 0)
		log_warning("interface %u: cannot be released: %s", ifindex, error.text);
	forget(&fence->watch, ifindex);
}

/* The device is gone, or another one that no rule names has its index: only traces remain. */
static void clear_traces(unsigned int ifindex, void *userdata)
{
	struct fence *fence = userdata;
	struct error error;

	if (hook_clear_pins(fence->bpffs, ifindex, &error) < 0 ||
	    port_remove(fence, ifindex, &error) < 0)
		log_warning("interface %u: %s", ifindex, error.text);
}

static void clear_unknown(unsigned int ifindex, void *userdata)
{
	struct fence *fence = userdata;

	if (!find(&fence->watch, ifindex))
		clear_traces(ifindex, fence);
}

static void cover(struct fence *fence, const struct link *link, const struct config_interface *rule)
{
	struct fence_interface interface = hook_cover(fence, link, rule);

	remember(&fence->watch, &interface);
}

static size_t count_named(const struct fence *fence, const struct links *links)
{
	size_t count = 0;

	for (size_t i = 0; i < links->count; i++)
		count += config_match_interface(fence->config, links->items[i].name) != NULL;
	return count;
}

/* Some hundred interfaces take seconds: whoever waits for the start is told. */
static void cover_all(struct fence *fence, const struct links *links)
{
	size_t total = count_named(fence, links), done = 0;
	uint64_t last_told = clock_boot_ns();

	for (size_t i = 0; i < links->count; i++) {
		const struct link *link = &links->items[i];
		const struct config_interface *rule =
			config_match_interface(fence->config, link->name);

		if (!rule) {
			release(fence, link->ifindex);
			continue;
		}
		cover(fence, link, rule);
		done++;
		if (clock_boot_ns() - last_told < NSEC_PER_SEC)
			continue;
		last_told = clock_boot_ns();
		log_info("attached %zu of %zu", done, total);
	}
}

static bool is_listed(const struct links *links, unsigned int ifindex)
{
	for (size_t i = 0; i < links->count; i++)
		if (links->items[i].ifindex == ifindex)
			return true;
	return false;
}

static void forget_absent(struct fence *fence, const struct links *links)
{
	struct watch *watch = &fence->watch;

	for (size_t i = watch->count; i-- > 0;) {
		unsigned int ifindex = watch->items[i].ifindex;

		if (is_listed(links, ifindex))
			continue;
		clear_traces(ifindex, fence);
		forget(watch, ifindex);
	}
}

/* Everything anew, and what devices that went unseen have left. */
static int scan(struct fence *fence, struct error *error)
{
	_cleanup_(links_clear) struct links links = {};
	int r;

	r = links_read(&links, error);
	if (r < 0)
		return r;
	forget_absent(fence, &links);
	cover_all(fence, &links);
	r = bpffs_each_link(fence->bpffs, clear_unknown, fence);
	if (r < 0)
		return error_set(error, r, "%s/" BPFFS_LINKS ": cannot be read: %s", fence->bpffs,
				 strerror(-r));
	return port_each(fence, clear_unknown, fence, error);
}

static void look_again(struct fence *fence)
{
	uint64_t next = AUDIT_INTERVAL_US;
	struct error error;
	int r;

	if (scan(fence, &error) < 0) {
		log_warning("%s; trying again", error.text);
		next = RETRY_INTERVAL_US;
	}
	r = sd_event_source_set_time_relative(fence->watch.timer, next);
	if (r >= 0)
		r = sd_event_source_set_enabled(fence->watch.timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_error("the interfaces' timer cannot be set: %s", strerror(-r));
}

/* Asks what became of an interface, since the message that named it may be outdated. */
static void look_at(struct fence *fence, unsigned int ifindex)
{
	const struct config_interface *rule;
	struct error error;
	struct link link;
	int r;

	r = link_read(ifindex, &link, &error);
	if (r == -ENODEV) {
		if (find(&fence->watch, ifindex))
			clear_traces(ifindex, fence);
		forget(&fence->watch, ifindex);
		return;
	}
	if (r < 0) {
		log_warning("%s", error.text);
		return;
	}
	rule = config_match_interface(fence->config, link.name);
	if (rule)
		cover(fence, &link, rule);
	else if (find(&fence->watch, ifindex))
		release(fence, ifindex);
}

static int on_change(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct fence *fence = userdata;
	struct changed changed;

	(void)source;
	(void)fd;
	(void)revents;
	if (monitor_drain(fence->watch.monitor, &changed) < 0) {
		look_again(fence);
		return 0;
	}
	for (size_t i = 0; i < changed.count; i++)
		look_at(fence, changed.ifindex[i]);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	look_again(userdata);
	return 0;
}

static int add_sources(struct fence *fence, sd_event *event, struct error *error)
{
	struct watch *watch = &fence->watch;
	int r;

	r = sd_event_add_io(event, &watch->io, mnl_socket_get_fd(watch->monitor), EPOLLIN,
			    on_change, fence);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &watch->timer, CLOCK_BOOTTIME,
					       AUDIT_INTERVAL_US, 0, on_timer, fence);
	if (r < 0)
		return error_set(error, r, "cannot watch the interfaces: %s", strerror(-r));
	return 0;
}

int fence_watch(struct fence *fence, sd_event *event, fence_interface_fn fn, void *userdata,
		struct error *error)
{
	int r;

	fence->watch.fn = fn;
	fence->watch.userdata = userdata;
	r = monitor_open(&fence->watch.monitor, error);
	if (r < 0)
		return r;
	r = scan(fence, error);
	if (r < 0)
		return r;
	r = load_promote(fence, error);
	return r < 0 ? r : add_sources(fence, event, error);
}

int fence_rewatch(struct fence *fence, const struct config *config, struct error *error)
{
	fence->config = config;
	return scan(fence, error);
}

size_t fence_interface_count(const struct fence *fence)
{
	return fence->watch.count;
}

const struct fence_interface *fence_interface_at(const struct fence *fence, size_t index)
{
	return &fence->watch.items[index];
}

void watch_stop(struct watch *watch)
{
	sd_event_source_disable_unref(watch->io);
	sd_event_source_disable_unref(watch->timer);
	if (watch->monitor)
		mnl_socket_close(watch->monitor);
	free(watch->items);
	*watch = (struct watch){};
}
