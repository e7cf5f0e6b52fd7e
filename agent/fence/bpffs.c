/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence/bpffs.h"

#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"

/* Where every distribution mounts it; anywhere else it is the administrator's own matter. */
#define BPFFS_MOUNT_POINT "/sys/fs/bpf"

static const char *const link_pins[] = {
	[BPFFS_LINK_XDP] = "xdp-",
	[BPFFS_LINK_INGRESS] = "ingress-",
	[BPFFS_LINK_EGRESS] = "egress-",
};

const char *const bpffs_maps[BPFFS_MAPS] = {
	"blocks",  "prefixes",	 "exempt_destinations",
	"sources", "block_hits", "interfaces",
	"totals",  "settings",	 "recent",
};

static void closedirp(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

const char *bpffs_path(char path[PATH_MAX], const char *bpffs, const char *format, ...)
{
	int length = snprintf(path, PATH_MAX, "%s/", bpffs);
	va_list arguments;

	if (length >= PATH_MAX)
		return path;
	va_start(arguments, format);
	vsnprintf(path + length, PATH_MAX - (size_t)length, format, arguments);
	va_end(arguments);
	return path;
}

const char *bpffs_link_path(char path[PATH_MAX], const char *bpffs, enum bpffs_link link,
			    unsigned int ifindex)
{
	return bpffs_path(path, bpffs, BPFFS_LINKS "/%s%u", link_pins[link], ifindex);
}

/* True if it is the name of a pin of a hook. */
static bool parse_link_pin(const char *name, unsigned int *ret_ifindex)
{
	for (size_t i = 0; i < ARRAY_SIZE(link_pins); i++) {
		size_t length = strlen(link_pins[i]);

		if (strncmp(name, link_pins[i], length) == 0)
			return sscanf(name + length, "%u", ret_ifindex) == 1;
	}
	return false;
}

bool bpffs_is_mounted(const char *path)
{
	struct statfs status;

	return statfs(path, &status) == 0 && status.f_type == BPF_FS_MAGIC;
}

static bool is_below_mount_point(const char *path)
{
	size_t length = strlen(BPFFS_MOUNT_POINT);

	return strncmp(path, BPFFS_MOUNT_POINT, length) == 0 && path[length] == '/';
}

static int mount_bpffs(struct error *error)
{
	if (mount("bpf", BPFFS_MOUNT_POINT, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		return error_set(error, -errno,
				 "%s: cannot mount a bpf file system: %s; as root, run "
				 "'mount -t bpf bpf %s'",
				 BPFFS_MOUNT_POINT, strerror(errno), BPFFS_MOUNT_POINT);
	return 0;
}

/* Makes @path and what leads to it, which must lie on a bpffs from where it begins to be new. */
static int make_folders(const char *path, struct error *error)
{
	char partial[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(partial))
		return error_set(error, -ENAMETOOLONG, "bpffs: the path is too long");
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(partial, path, i);
		partial[i] = '\0';
		if (mkdir(partial, 0700) && errno != EEXIST)
			return error_set(error, -errno, "%s: cannot make the folder: %s", partial,
					 strerror(errno));
	}
	return 0;
}

/* The nearest folder above or at @path that exists. */
static void nearest_existing(const char *path, char ret[PATH_MAX])
{
	char *slash;

	snprintf(ret, PATH_MAX, "%s", path);
	while (access(ret, F_OK) && (slash = strrchr(ret, '/')) && slash != ret)
		*slash = '\0';
}

static int make_folder_below(const char *bpffs, const char *name, struct error *error)
{
	char path[PATH_MAX];

	return make_folders(bpffs_path(path, bpffs, "%s", name), error);
}

int bpffs_prepare(const char *bpffs, struct error *error)
{
	char existing[PATH_MAX];
	int r;

	if (is_below_mount_point(bpffs) && !bpffs_is_mounted(BPFFS_MOUNT_POINT)) {
		r = mount_bpffs(error);
		if (r < 0)
			return r;
	}
	nearest_existing(bpffs, existing);
	if (!bpffs_is_mounted(existing))
		return error_set(error, -ENODEV,
				 "bpffs: %s is not on a bpf file system; mount one there, or use "
				 "the default below " BPFFS_MOUNT_POINT,
				 bpffs);
	r = make_folders(bpffs, error);
	if (r < 0)
		return r;
	if (chmod(bpffs, 0700))
		return error_set(error, -errno, "%s: cannot set the mode: %s", bpffs,
				 strerror(errno));
	r = make_folder_below(bpffs, BPFFS_PROGRAMS, error);
	if (r < 0)
		return r;
	return make_folder_below(bpffs, BPFFS_LINKS, error);
}

int bpffs_unpin(const char *path, struct error *error)
{
	if (unlink(path) && errno != ENOENT && errno != ENOTDIR)
		return error_set(error, -errno, "%s: cannot remove the pin: %s", path,
				 strerror(errno));
	return 0;
}

int bpffs_remove_next(const char *bpffs, struct error *error)
{
	char path[PATH_MAX];
	int r;

	for (size_t i = 0; i < BPFFS_MAPS; i++) {
		r = bpffs_unpin(bpffs_path(path, bpffs, BPFFS_NEXT "/%s", bpffs_maps[i]), error);
		if (r < 0)
			return r;
	}
	r = bpffs_unpin(bpffs_path(path, bpffs, BPFFS_NEXT "/" BPFFS_CHECK), error);
	if (r < 0)
		return r;
	if (rmdir(bpffs_path(path, bpffs, BPFFS_NEXT)) && errno != ENOENT)
		return error_set(error, -errno, "%s: cannot remove the folder: %s", path,
				 strerror(errno));
	return 0;
}

int bpffs_each_link(const char *bpffs, void (*fn)(unsigned int ifindex, void *userdata),
		    void *userdata)
{
	_cleanup_(closedirp) DIR *directory = NULL;
	char path[PATH_MAX];
	struct dirent *item;
	unsigned int ifindex;

	directory = opendir(bpffs_path(path, bpffs, BPFFS_LINKS));
	if (!directory)
		return errno == ENOENT ? 0 : -errno;
	while ((item = readdir(directory)))
		if (parse_link_pin(item->d_name, &ifindex))
			fn(ifindex, userdata);
	return 0;
}
