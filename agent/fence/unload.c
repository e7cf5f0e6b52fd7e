/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything of ours out of the kernel. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "fence/bpffs.h"
#include "fence/fence.h"
#include "fence/hook.h"
#include "fence/messages.h"
#include "fence/netlink.h"

/* Hooks first: as long as one is there, its maps can still be found and read. */
static int release_interfaces(const char *bpffs, struct error *error)
{
	_cleanup_(links_clear) struct links links = {};
	int r;

	r = links_read(&links, error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < links.count; i++) {
		r = hook_release(bpffs, links.items[i].ifindex, error);
		if (r < 0)
			return error_prefix(error, r, "%s", links.items[i].name);
	}
	return 0;
}

struct removal {
	const char *bpffs;
	struct error *error;
	int result;
};

static void remove_link(unsigned int ifindex, void *userdata)
{
	struct removal *removal = userdata;

	if (removal->result == 0)
		removal->result = hook_clear_pins(removal->bpffs, ifindex, removal->error);
}

/* Of devices that are gone, or in another namespace. */
static int remove_links(const char *bpffs, struct error *error)
{
	struct removal removal = {.bpffs = bpffs, .error = error};
	int r = bpffs_each_link(bpffs, remove_link, &removal);

	if (r < 0)
		return error_set(error, r, "%s/" BPFFS_LINKS ": cannot be read: %s", bpffs,
				 strerror(-r));
	return removal.result;
}

static int remove_pins(const char *bpffs, struct error *error)
{
	char path[PATH_MAX];
	int r;

	r = bpffs_unpin(bpffs_path(path, bpffs, BPFFS_PROGRAMS "/" BPFFS_CHECK), error);
	for (size_t i = 0; i < BPFFS_MAPS && r == 0; i++)
		r = bpffs_unpin(bpffs_path(path, bpffs, "%s", bpffs_maps[i]), error);
	return r < 0 ? r : bpffs_remove_next(bpffs, error);
}

static int remove_folder(const char *path, struct error *error)
{
	if (rmdir(path) && errno != ENOENT)
		return error_set(error, -errno,
				 "%s: cannot remove the folder: %s; is there something of somebody "
				 "else's in it?",
				 path, strerror(errno));
	return 0;
}

static int remove_folders(const char *bpffs, struct error *error)
{
	char path[PATH_MAX];
	int r;

	r = remove_folder(bpffs_path(path, bpffs, BPFFS_PROGRAMS), error);
	if (r < 0)
		return r;
	r = remove_folder(bpffs_path(path, bpffs, BPFFS_LINKS), error);
	return r < 0 ? r : remove_folder(bpffs, error);
}

int fence_unload(const char *bpffs, struct error *error)
{
	int r;

	messages_to_log();
	r = release_interfaces(bpffs, error);
	if (r < 0)
		return r;
	if (!bpffs_is_mounted(bpffs))
		return 0;
	r = remove_links(bpffs, error);
	if (r < 0)
		return r;
	r = remove_pins(bpffs, error);
	return r < 0 ? r : remove_folders(bpffs, error);
}
