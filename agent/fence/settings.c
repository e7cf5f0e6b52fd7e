/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence/settings.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/prefix.h"
#include "fence/map.h"
#include "skel/smtpfence.skel.h"

/* Every writing is a new generation, so that the datapath judges by it at once. */
static int put(struct fence *fence, const struct smtpfence_settings *settings, struct error *error)
{
	struct smtpfence_settings next = *settings;
	const __u32 zero = 0;
	int r;

	next.generation = fence->settings.generation + 1;
	r = bpf_map_update_elem(bpf_map__fd(fence->skeleton->maps.settings), &zero, &next, BPF_ANY);
	if (r < 0)
		return error_set(error, r, "cannot write the map `settings`: %s", strerror(-r));
	fence->settings = next;
	return 0;
}

int settings_write(struct fence *fence, const struct smtpfence_settings *settings,
		   struct error *error)
{
	if (memcmp(settings, &fence->settings, sizeof(*settings)) == 0)
		return 0;
	return put(fence, settings, error);
}

int settings_judge_anew(struct fence *fence, struct error *error)
{
	return put(fence, &fence->settings, error);
}

int settings_count_prefixes(struct fence *fence, size_t count, struct error *error)
{
	struct smtpfence_settings settings = fence->settings;

	settings.prefixes = (__u32)count;
	return settings_write(fence, &settings, error);
}

static int settings_count_exempt(struct fence *fence, size_t count, struct error *error)
{
	struct smtpfence_settings settings = fence->settings;

	settings.exempt = (__u32)count;
	return settings_write(fence, &settings, error);
}

static bool holds(const struct smtpfence_prefix *prefixes, size_t count,
		  const struct smtpfence_prefix *prefix)
{
	for (size_t i = 0; i < count; i++)
		if (prefix_compare(&prefixes[i], prefix) == 0)
			return true;
	return false;
}

static int exempt_add(int fd, const struct config_prefixes *wanted, const struct map_content *have,
		      struct error *error)
{
	int r;

	for (size_t i = 0; i < wanted->count; i++) {
		if (holds(have->keys, have->count, &wanted->items[i]))
			continue;
		r = bpf_map_update_elem(fd, &wanted->items[i], &wanted->items[i].length, BPF_ANY);
		if (r == -ENOSPC)
			return error_set(error, r,
					 "policy.exempt_destinations: the kernel's map is full, "
					 "%zu of %zu are in force; use fewer, wider prefixes",
					 i, wanted->count);
		if (r < 0)
			return error_set(error, r, "cannot write the map `exempt_destinations`: %s",
					 strerror(-r));
	}
	return 0;
}

static int exempt_remove(int fd, const struct config_prefixes *wanted,
			 const struct map_content *have, struct error *error)
{
	const struct smtpfence_prefix *keys = have->keys;
	int r;

	for (size_t i = 0; i < have->count; i++) {
		if (holds(wanted->items, wanted->count, &keys[i]))
			continue;
		r = bpf_map_delete_elem(fd, &keys[i]);
		if (r < 0 && r != -ENOENT)
			return error_set(error, r, "cannot write the map `exempt_destinations`: %s",
					 strerror(-r));
	}
	return 0;
}

/* The count is never lower than what the map holds: at 0 the datapath does not look. */
static int exempt_sync(struct fence *fence, const struct config_prefixes *wanted,
		       struct error *error)
{
	int fd = bpf_map__fd(fence->skeleton->maps.exempt_destinations);
	_cleanup_(map_content_clear) struct map_content have = {};
	int r;

	r = map_read_keys(fd, &have);
	if (r < 0)
		return error_set(error, r, "cannot read the map `exempt_destinations`: %s",
				 strerror(-r));
	r = settings_count_exempt(fence, have.count + wanted->count, error);
	if (r < 0)
		return r;
	r = exempt_add(fd, wanted, &have, error);
	if (r < 0)
		return r;
	r = exempt_remove(fd, wanted, &have, error);
	if (r < 0)
		return r;
	return settings_count_exempt(fence, wanted->count, error);
}

/* Volume is counted in the unit that sentences are for where no other is told. */
static __u32 ipv6_count_length(const struct config_policy *policy)
{
	return policy->ipv6_units[policy->ipv6_unit_count - 1].unit;
}

static int configure(struct fence *fence, const struct config *config, enum smtpfence_mode mode,
		     struct error *error)
{
	struct smtpfence_settings settings;
	int r;

	r = exempt_sync(fence, &config->policy.exempt_destinations, error);
	if (r < 0)
		return r;
	settings = fence->settings;
	settings.schema = SMTPFENCE_SCHEMA;
	settings.mode = mode;
	settings.on_block = config->on_block;
	settings.ipv6_count_length = ipv6_count_length(&config->policy);
	return settings_write(fence, &settings, error);
}

int settings_begin(struct fence *fence, const struct config *config, struct error *error)
{
	bool taken_over = fence->settings.schema == SMTPFENCE_SCHEMA;

	return configure(fence, config, taken_over ? fence->settings.mode : config->mode, error);
}

int fence_configure(struct fence *fence, const struct config *config, struct error *error)
{
	return configure(fence, config, fence->settings.mode, error);
}

int fence_set_mode(struct fence *fence, enum smtpfence_mode mode, struct error *error)
{
	struct smtpfence_settings settings = fence->settings;

	settings.mode = mode;
	return settings_write(fence, &settings, error);
}

enum smtpfence_mode fence_mode(const struct fence *fence)
{
	return fence->settings.mode;
}
