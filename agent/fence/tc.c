/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence/tc.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "fence/plan.h"

/* What the names of all our programs begin with (bpf/smtpfence.bpf.c). */
#define PROGRAM_NAME_PREFIX "smtpfence_"

enum owner { OWNER_NONE, OWNER_US, OWNER_OTHER };

static struct bpf_tc_hook place_of(unsigned int ifindex, enum smtpfence_hook hook)
{
	return (struct bpf_tc_hook){
		.sz = sizeof(struct bpf_tc_hook),
		.ifindex = (int)ifindex,
		.attach_point = hook == SMTPFENCE_HOOK_TC_EGRESS ? BPF_TC_EGRESS : BPF_TC_INGRESS,
	};
}

static struct bpf_tc_opts our_options(void)
{
	return (struct bpf_tc_opts){
		.sz = sizeof(struct bpf_tc_opts),
		.handle = SMTPFENCE_TC_HANDLE,
		.priority = SMTPFENCE_TC_PRIORITY,
	};
}

/*
 * Asking by id takes CAP_SYS_ADMIN, more than the daemon otherwise needs. Without it a filter in
 * our place is taken for ours: that is what the fixed handle is for.
 */
static enum owner owner_of_program(__u32 id)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(id);
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	if (fd == -EPERM)
		return OWNER_US;
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return OWNER_OTHER;
	return strncmp(info.name, PROGRAM_NAME_PREFIX, strlen(PROGRAM_NAME_PREFIX)) == 0
		       ? OWNER_US
		       : OWNER_OTHER;
}

/* Whose filter stands in our place, and the id of its program. */
static int query(const struct bpf_tc_hook *place, enum owner *ret_owner, __u32 *ret_id)
{
	struct bpf_tc_opts options = our_options();
	int r = bpf_tc_query(place, &options);

	*ret_owner = OWNER_NONE;
	*ret_id = 0;
	/* Without clsact, or without any filter of our priority, it is EINVAL. */
	if (r == -ENOENT || r == -EINVAL)
		return 0;
	if (r < 0)
		return r;
	*ret_id = options.prog_id;
	*ret_owner = owner_of_program(options.prog_id);
	return 0;
}

static int make_clsact(struct bpf_tc_hook *place, struct error *error)
{
	int r = bpf_tc_hook_create(place);

	if (r == 0 || r == -EEXIST)
		return 0;
	return error_set(error, r, "cannot make the qdisc clsact: %s", strerror(-r));
}

static int put(const struct bpf_tc_hook *place, enum smtpfence_hook hook, int fd, __u32 flags,
	       struct error *error)
{
	struct bpf_tc_opts options = our_options();
	int r;

	options.prog_fd = fd;
	options.flags = flags;
	r = bpf_tc_attach(place, &options);
	if (r < 0)
		return error_set(error, r,
				 "%s is refused by the kernel (%s); another kind of filter of "
				 "priority %d, or an 'ingress' qdisc instead of clsact, must go",
				 plan_hook_name(hook), strerror(-r), SMTPFENCE_TC_PRIORITY);
	return 0;
}

int tc_attach(unsigned int ifindex, enum smtpfence_hook hook, const struct program *program,
	      struct error *error)
{
	struct bpf_tc_hook place = place_of(ifindex, hook);
	enum owner owner;
	__u32 id;
	int r;

	r = query(&place, &owner, &id);
	if (r < 0)
		return error_set(error, r, "cannot ask for the %s filter: %s", plan_hook_name(hook),
				 strerror(-r));
	if (owner == OWNER_OTHER)
		return error_set(error, -EEXIST,
				 "the %s filter of priority %d, handle %#x is somebody else's "
				 "(program %u): delete or move it",
				 plan_hook_name(hook), SMTPFENCE_TC_PRIORITY, SMTPFENCE_TC_HANDLE,
				 id);
	if (owner == OWNER_US && id == program->id)
		return 0;
	if (owner == OWNER_US)
		return put(&place, hook, program->fd, BPF_TC_F_REPLACE, error);
	r = make_clsact(&place, error);
	return r < 0 ? r : put(&place, hook, program->fd, 0, error);
}

int tc_detach(unsigned int ifindex, enum smtpfence_hook hook, struct error *error)
{
	struct bpf_tc_hook place = place_of(ifindex, hook);
	struct bpf_tc_opts options = our_options();
	enum owner owner;
	__u32 id;
	int r;

	r = query(&place, &owner, &id);
	if (r == 0 && owner == OWNER_US)
		r = bpf_tc_detach(&place, &options);
	if (r < 0 && r != -ENODEV && r != -ENOENT)
		return error_set(error, r, "cannot detach the %s filter: %s", plan_hook_name(hook),
				 strerror(-r));
	return 0;
}
