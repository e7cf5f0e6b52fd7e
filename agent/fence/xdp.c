/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence/xdp.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

#include "base/cleanup.h"
#include "fence/bpffs.h"
#include "fence/plan.h"

static enum smtpfence_hook hook_of_mode(__u8 mode)
{
	switch (mode) {
	case XDP_ATTACHED_DRV:
		return SMTPFENCE_HOOK_XDP_NATIVE;
	case XDP_ATTACHED_SKB:
		return SMTPFENCE_HOOK_XDP_GENERIC;
	default:
		return SMTPFENCE_HOOK_NONE;
	}
}

/*
 * The link's own interface index is 0 once its device is gone, and the index of another namespace
 * once the device has moved there: only the program ids tell that it is this device.
 */
static bool holds_program(int fd, const struct link *link, struct bpf_link_info *info)
{
	__u32 size = sizeof(*info);

	*info = (struct bpf_link_info){};
	return bpf_obj_get_info_by_fd(fd, info, &size) == 0 && info->type == BPF_LINK_TYPE_XDP &&
	       info->xdp.ifindex == link->ifindex && info->prog_id == link->xdp_program;
}

/* The pinned link that holds the program on @link; -1: there is none. */
static int open_live_link(const char *bpffs, const struct link *link, struct bpf_link_info *info)
{
	char path[PATH_MAX];
	int fd = bpf_obj_get(bpffs_link_path(path, bpffs, BPFFS_LINK_XDP, link->ifindex));

	if (fd < 0 || holds_program(fd, link, info))
		return fd;
	close(fd);
	return -1;
}

struct xdp_state xdp_query(const char *bpffs, const struct link *link)
{
	struct xdp_state state = {.ours = SMTPFENCE_HOOK_NONE};
	_cleanup_close_ int fd = -1;
	struct bpf_link_info info;

	if (link->xdp_mode == XDP_ATTACHED_NONE)
		return state;
	fd = open_live_link(bpffs, link, &info);
	if (fd >= 0)
		state.ours = hook_of_mode(link->xdp_mode);
	state.foreign = state.ours == SMTPFENCE_HOOK_NONE;
	return state;
}

static int replace(int fd, const struct bpf_link_info *info, const struct program *program,
		   struct error *error)
{
	int r;

	if (info->prog_id == program->id)
		return 0;
	r = bpf_link_update(fd, program->fd, NULL);
	if (r < 0)
		return error_set(error, r, "cannot replace the older XDP program: %s",
				 strerror(-r));
	return 0;
}

static int create(const char *bpffs, const struct link *link, enum smtpfence_hook hook,
		  const struct program *program, struct error *error)
{
	const struct bpf_link_create_opts options = {
		.sz = sizeof(options),
		.flags =
			hook == SMTPFENCE_HOOK_XDP_NATIVE ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE,
	};
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	int r;

	bpffs_link_path(path, bpffs, BPFFS_LINK_XDP, link->ifindex);
	r = bpffs_unpin(path, error);
	if (r < 0)
		return r;
	fd = bpf_link_create(program->fd, (int)link->ifindex, BPF_XDP, &options);
	if (fd < 0)
		return error_set(error, fd, "%s is refused by the kernel (%s)",
				 plan_hook_name(hook), strerror(-fd));
	if (bpf_obj_pin(fd, path))
		return error_set(error, -errno, "%s: cannot pin: %s", path, strerror(errno));
	return 0;
}

int xdp_attach(const char *bpffs, const struct link *link, enum smtpfence_hook hook,
	       const struct program *program, struct error *error)
{
	_cleanup_close_ int fd = -1;
	struct bpf_link_info info;

	if (link->xdp_mode != XDP_ATTACHED_NONE) {
		fd = open_live_link(bpffs, link, &info);
		if (fd >= 0)
			return replace(fd, &info, program, error);
	}
	return create(bpffs, link, hook, program, error);
}

/*
 * The link would go with its last reference, the pin, but only after a while: it is detached first,
 * so that the device is free on return. A link whose device is gone has nothing to detach.
 */
int xdp_detach(const char *bpffs, unsigned int ifindex, struct error *error)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	fd = bpf_obj_get(bpffs_link_path(path, bpffs, BPFFS_LINK_XDP, ifindex));
	if (fd >= 0)
		bpf_link_detach(fd);
	return bpffs_unpin(path, error);
}
