/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence/tcx.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "fence/bpffs.h"
#include "fence/plan.h"

/* Of include/uapi/linux/bpf.h since Linux 6.6; Debian 12 builds with the headers of 6.1. */
#define ATTACH_TCX_INGRESS ((enum bpf_attach_type)46)
#define ATTACH_TCX_EGRESS  ((enum bpf_attach_type)47)
#define LINK_TYPE_TCX	   11
#define FLAG_BEFORE	   (1U << 3) /* BPF_F_BEFORE, of nobody: before all */

#define PROGRAMS_MAX 64 /* the kernel takes no more on one hook */

static enum bpf_attach_type type_of(enum smtpfence_hook hook)
{
	return hook == SMTPFENCE_HOOK_TC_EGRESS ? ATTACH_TCX_EGRESS : ATTACH_TCX_INGRESS;
}

static const char *pin_of(char path[PATH_MAX], const char *bpffs, unsigned int ifindex,
			  enum smtpfence_hook hook)
{
	return bpffs_link_path(
		path, bpffs,
		hook == SMTPFENCE_HOOK_TC_EGRESS ? BPFFS_LINK_EGRESS : BPFFS_LINK_INGRESS, ifindex);
}

static bool is_in_force(unsigned int ifindex, enum smtpfence_hook hook, __u32 program)
{
	__u32 programs[PROGRAMS_MAX], count = PROGRAMS_MAX;

	if (bpf_prog_query((int)ifindex, type_of(hook), 0, NULL, programs, &count))
		return false;
	for (__u32 i = 0; i < count; i++)
		if (programs[i] == program)
			return true;
	return false;
}

/*
 * The link says 0 for the index of a device that is gone, and still the same for one that has moved
 * to another namespace: what is in force on the device that has the index now tells them apart.
 */
static bool holds_program(int fd, unsigned int ifindex, enum smtpfence_hook hook,
			  struct bpf_link_info *info)
{
	__u32 size = sizeof(*info);

	*info = (struct bpf_link_info){};
	/* The index of a TCX link stands where that of an XDP link does. */
	return bpf_obj_get_info_by_fd(fd, info, &size) == 0 && info->type == LINK_TYPE_TCX &&
	       info->xdp.ifindex == ifindex && is_in_force(ifindex, hook, info->prog_id);
}

/* The pinned link that holds the program on this device; -1: there is none. */
static int open_live_link(const char *path, unsigned int ifindex, enum smtpfence_hook hook,
			  struct bpf_link_info *info)
{
	int fd = bpf_obj_get(path);

	if (fd < 0 || holds_program(fd, ifindex, hook, info))
		return fd;
	close(fd);
	return -1;
}

static int create(const char *path, unsigned int ifindex, enum smtpfence_hook hook,
		  const struct program *program, struct error *error)
{
	const struct bpf_link_create_opts options = {.sz = sizeof(options), .flags = FLAG_BEFORE};
	_cleanup_close_ int fd = -1;
	int r;

	r = bpffs_unpin(path, error);
	if (r < 0)
		return r;
	fd = bpf_link_create(program->fd, (int)ifindex, type_of(hook), &options);
	if (fd == -EINVAL) /* an older kernel does not know the type */
		fd = -EOPNOTSUPP;
	if (fd < 0)
		return error_set(error, fd, "%s is refused by the kernel (%s)",
				 plan_hook_name(hook), strerror(-fd));
	if (bpf_obj_pin(fd, path))
		return error_set(error, -errno, "%s: cannot pin: %s", path, strerror(errno));
	return 0;
}

int tcx_attach(const char *bpffs, unsigned int ifindex, enum smtpfence_hook hook,
	       const struct program *program, struct error *error)
{
	_cleanup_close_ int fd = -1;
	struct bpf_link_info info;
	char path[PATH_MAX];
	int r;

	pin_of(path, bpffs, ifindex, hook);
	fd = open_live_link(path, ifindex, hook, &info);
	if (fd < 0)
		return create(path, ifindex, hook, program, error);
	if (info.prog_id == program->id)
		return 0;
	r = bpf_link_update(fd, program->fd, NULL);
	if (r < 0)
		return error_set(error, r, "cannot replace the older %s program: %s",
				 plan_hook_name(hook), strerror(-r));
	return 0;
}

/* Detached first, so that the hook is free on return: the link itself goes a while after its pin.
 */
int tcx_detach(const char *bpffs, unsigned int ifindex, enum smtpfence_hook hook,
	       struct error *error)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	fd = bpf_obj_get(pin_of(path, bpffs, ifindex, hook));
	if (fd >= 0)
		bpf_link_detach(fd);
	return bpffs_unpin(path, error);
}
