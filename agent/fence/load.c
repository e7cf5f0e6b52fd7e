/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence/load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "fence/bpffs.h"
#include "skel/smtpfence.skel.h"

/* What is pinned already: -1 where there is no pin. */
struct pinned {
	int fds[BPFFS_MAPS];
	size_t count;
};

static void pinned_close(struct pinned *pinned)
{
	for (size_t i = 0; i < BPFFS_MAPS; i++)
		closep(&pinned->fds[i]);
}

static struct bpf_map *map_of(const struct fence *fence, size_t index)
{
	return bpf_object__find_map_by_name(fence->skeleton->obj, bpffs_maps[index]);
}

static int set_sizes(struct smtpfence_bpf *skeleton, const struct config_limits *limits)
{
	const struct {
		struct bpf_map *map;
		__u32 max_entries;
	} sizes[] = {
		{skeleton->maps.blocks, limits->blocks},
		{skeleton->maps.block_hits, limits->blocks},
		{skeleton->maps.prefixes, limits->prefixes},
		{skeleton->maps.sources, limits->sources},
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes) && r == 0; i++)
		r = bpf_map__set_max_entries(sizes[i].map, sizes[i].max_entries);
	return r;
}

/*
 * Where the kernel knows frames in several buffers, the program must declare that it does too:
 * drivers with a large MTU refuse it otherwise.
 */
static int use_kernel_features(struct smtpfence_bpf *skeleton)
{
	struct bpf_program *xdp = skeleton->progs.smtpfence_xdp;

	if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_load_bytes, NULL) != 1)
		return 0;
	skeleton->rodata->have_xdp_load_bytes = true;
	return bpf_program__set_flags(xdp, bpf_program__flags(xdp) | BPF_F_XDP_HAS_FRAGS);
}

static int open_skeleton(struct fence *fence, const struct config *config, struct error *error)
{
	int r;

	fence->skeleton = smtpfence_bpf__open();
	if (!fence->skeleton)
		return error_set(error, -errno, "cannot open the BPF object: %s", strerror(errno));
	r = set_sizes(fence->skeleton, &config->limits);
	if (r == 0)
		r = use_kernel_features(fence->skeleton);
	if (r < 0)
		return error_set(error, r, "cannot prepare the BPF object: %s", strerror(-r));
	return 0;
}

static int open_pins(const char *bpffs, struct pinned *pinned, struct error *error)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < BPFFS_MAPS; i++) {
		pinned->fds[i] = bpf_obj_get(bpffs_path(path, bpffs, "%s", bpffs_maps[i]));
		if (pinned->fds[i] >= 0)
			pinned->count++;
		else if (errno != ENOENT)
			return error_set(error, -errno,
					 "%s: cannot open the pinned map: %s; run as root", path,
					 strerror(errno));
	}
	return 0;
}

static bool map_fits(const struct bpf_map *map, int fd)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.type == bpf_map__type(map) &&
	       info.key_size == bpf_map__key_size(map) &&
	       info.value_size == bpf_map__value_size(map) &&
	       info.max_entries == bpf_map__max_entries(map) &&
	       info.map_flags == bpf_map__map_flags(map);
}

/* Sizes alone do not show that two fields changed places: the schema does. */
static bool settings_fit(int fd, struct smtpfence_settings *ret)
{
	const __u32 zero = 0;

	return bpf_map_lookup_elem(fd, &zero, ret) == 0 && ret->schema == SMTPFENCE_SCHEMA;
}

static bool pins_fit(struct fence *fence, const struct pinned *pinned)
{
	for (size_t i = 0; i < BPFFS_MAPS; i++) {
		if (pinned->fds[i] < 0 || !map_fits(map_of(fence, i), pinned->fds[i]))
			return false;
		if (strcmp(bpffs_maps[i], "settings") == 0 &&
		    !settings_fit(pinned->fds[i], &fence->settings))
			return false;
	}
	return true;
}

static int reuse_pins(struct fence *fence, const struct pinned *pinned, struct error *error)
{
	int r;

	for (size_t i = 0; i < BPFFS_MAPS; i++) {
		r = bpf_map__reuse_fd(map_of(fence, i), pinned->fds[i]);
		if (r < 0)
			return error_set(error, r, "cannot take over the map `%s`: %s",
					 bpffs_maps[i], strerror(-r));
	}
	return 0;
}

static int load_error(int r, const struct config *config, struct error *error)
{
	switch (r) {
	case -EPERM:
	case -EACCES:
		return error_set(error, r,
				 "the kernel refuses to load the programs: %s; CAP_BPF and "
				 "CAP_NET_ADMIN are needed (run as root)",
				 strerror(-r));
	case -ENOMEM:
		return error_set(error, r,
				 "no memory for the maps: lower limits.blocks (%u), "
				 "limits.prefixes (%u) or limits.sources (%u)",
				 config->limits.blocks, config->limits.prefixes,
				 config->limits.sources);
	default:
		return error_set(error, r,
				 "the kernel refuses to load the programs: %s; what it says is in "
				 "the log above (Linux 5.10 or newer is needed)",
				 strerror(-r));
	}
}

static int find_program(const struct bpf_program *program, struct program *ret, struct error *error)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	int r;

	ret->fd = bpf_program__fd(program);
	r = bpf_obj_get_info_by_fd(ret->fd, &info, &size);
	if (r < 0)
		return error_set(error, r, "cannot ask for the program %s: %s",
				 bpf_program__name(program), strerror(-r));
	ret->id = info.id;
	return 0;
}

static int find_programs(struct fence *fence, struct error *error)
{
	int r;

	r = find_program(fence->skeleton->progs.smtpfence_xdp, &fence->xdp, error);
	if (r < 0)
		return r;
	r = find_program(fence->skeleton->progs.smtpfence_tc_ingress, &fence->tc_ingress, error);
	if (r < 0)
		return r;
	return find_program(fence->skeleton->progs.smtpfence_tc_egress, &fence->tc_egress, error);
}

static int pin(int fd, const char *path, struct error *error)
{
	if (bpf_obj_pin(fd, path))
		return error_set(error, -errno, "%s: cannot pin: %s", path, strerror(errno));
	return 0;
}

static int pin_maps(const struct fence *fence, const char *folder, struct error *error)
{
	char path[PATH_MAX];
	int r;

	for (size_t i = 0; i < BPFFS_MAPS; i++) {
		r = pin(bpf_map__fd(map_of(fence, i)),
			bpffs_path(path, fence->bpffs, "%s%s", folder, bpffs_maps[i]), error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int pin_check(const struct fence *fence, struct error *error)
{
	char path[PATH_MAX];

	return pin(bpf_program__fd(fence->skeleton->progs.smtpfence_check),
		   bpffs_path(path, fence->bpffs, BPFFS_NEXT "/" BPFFS_CHECK), error);
}

static int move_pin(const char *from, const char *to, struct error *error)
{
	if (rename(from, to))
		return error_set(error, -errno, "%s: cannot move the pin to %s: %s", from, to,
				 strerror(errno));
	return 0;
}

static int promote_check(const struct fence *fence, struct error *error)
{
	char from[PATH_MAX], to[PATH_MAX];

	return move_pin(bpffs_path(from, fence->bpffs, BPFFS_NEXT "/" BPFFS_CHECK),
			bpffs_path(to, fence->bpffs, BPFFS_PROGRAMS "/" BPFFS_CHECK), error);
}

static int make_next(const char *bpffs, struct error *error)
{
	char path[PATH_MAX];
	int r;

	r = bpffs_remove_next(bpffs, error);
	if (r < 0)
		return r;
	if (mkdir(bpffs_path(path, bpffs, BPFFS_NEXT), 0700))
		return error_set(error, -errno, "%s: cannot make the folder: %s", path,
				 strerror(errno));
	return 0;
}

/*
 * `check` is pinned by way of `next` in every case, because a rename puts it in the place of an
 * older one at once, whereas a pin refuses to replace another.
 */
static int pin_generation(struct fence *fence, bool reused, struct error *error)
{
	int r;

	r = make_next(fence->bpffs, error);
	if (r < 0)
		return r;
	r = pin_check(fence, error);
	if (r < 0)
		return r;
	if (!reused) {
		r = pin_maps(fence, fence->staged ? BPFFS_NEXT "/" : "", error);
		if (r < 0)
			return r;
	}
	if (fence->staged)
		return 0;
	r = promote_check(fence, error);
	return r < 0 ? r : bpffs_remove_next(fence->bpffs, error);
}

int load_generation(struct fence *fence, const struct config *config, struct error *error)
{
	_cleanup_(pinned_close) struct pinned pinned = {.fds = {[0 ... BPFFS_MAPS - 1] = -1}};
	bool reused;
	int r;

	r = open_skeleton(fence, config, error);
	if (r < 0)
		return r;
	r = open_pins(fence->bpffs, &pinned, error);
	if (r < 0)
		return r;
	reused = pins_fit(fence, &pinned);
	if (reused)
		r = reuse_pins(fence, &pinned, error);
	else
		fence->settings = (struct smtpfence_settings){};
	if (r < 0)
		return r;
	fence->staged = !reused && pinned.count > 0;
	if (fence->staged)
		log_info("%s: the pinned maps are of another version, of other limits or not "
			 "complete: new ones are made, the old ones enforce until then",
			 fence->bpffs);
	r = smtpfence_bpf__load(fence->skeleton);
	if (r < 0)
		return load_error(r, config, error);
	r = find_programs(fence, error);
	return r < 0 ? r : pin_generation(fence, reused, error);
}

int load_promote(struct fence *fence, struct error *error)
{
	char from[PATH_MAX], to[PATH_MAX];
	int r;

	if (!fence->staged)
		return 0;
	for (size_t i = 0; i < BPFFS_MAPS; i++) {
		r = move_pin(bpffs_path(from, fence->bpffs, BPFFS_NEXT "/%s", bpffs_maps[i]),
			     bpffs_path(to, fence->bpffs, "%s", bpffs_maps[i]), error);
		if (r < 0)
			return r;
	}
	r = promote_check(fence, error);
	if (r < 0)
		return r;
	fence->staged = false;
	return bpffs_remove_next(fence->bpffs, error);
}
