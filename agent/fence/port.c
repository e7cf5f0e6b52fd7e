/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence/port.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "fence/map.h"
#include "skel/smtpfence.skel.h"

static int map_fd(const struct fence *fence)
{
	return bpf_map__fd(fence->skeleton->maps.interfaces);
}

int port_put(const struct fence *fence, unsigned int ifindex, enum smtpfence_role role,
	     enum smtpfence_hook hook, enum smtpfence_xdp_reply xdp_reply, struct error *error)
{
	struct smtpfence_interface value = {};
	int r;

	r = bpf_map_lookup_elem(map_fd(fence), &ifindex, &value);
	/* Writing anew what is right would lose what is counted in between. */
	if (r == 0 && value.role == role && value.hook == hook && value.xdp_reply == xdp_reply)
		return 0;
	value.role = role;
	value.hook = hook;
	value.xdp_reply = xdp_reply;
	r = bpf_map_update_elem(map_fd(fence), &ifindex, &value, BPF_ANY);
	if (r < 0)
		return error_set(error, r, "cannot write the map `interfaces`: %s%s", strerror(-r),
				 r == -E2BIG ? " (more interfaces than it holds)" : "");
	return 0;
}

int port_remove(const struct fence *fence, unsigned int ifindex, struct error *error)
{
	int r = bpf_map_delete_elem(map_fd(fence), &ifindex);

	if (r < 0 && r != -ENOENT)
		return error_set(error, r, "cannot write the map `interfaces`: %s", strerror(-r));
	return 0;
}

int port_each(const struct fence *fence, void (*fn)(unsigned int ifindex, void *userdata),
	      void *userdata, struct error *error)
{
	_cleanup_(map_content_clear) struct map_content content = {};
	const __u32 *keys;
	int r;

	r = map_read_keys(map_fd(fence), &content);
	if (r < 0)
		return error_set(error, r, "cannot read the map `interfaces`: %s", strerror(-r));
	keys = content.keys;
	for (size_t i = 0; i < content.count; i++)
		fn(keys[i], userdata);
	return 0;
}
