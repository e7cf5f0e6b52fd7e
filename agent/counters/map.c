/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "counters/map.h"

/* The kernel's own "not supported", which libc does not know: the map has no batch operations. */
#define KERNEL_ENOTSUPP 524

#define BATCH_FIRST 256

/* Per-CPU values stand 8 bytes apart at least. */
static size_t value_stride(const struct map_layout *layout)
{
	size_t size = layout->value_size;

	return layout->copies > 1 ? (size + 7) / 8 * 8 * layout->copies : size;
}

static int check_layout(int fd, const struct map_layout *layout, __u32 *ret_max)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
		return -errno;
	if (info.key_size != layout->key_size || info.value_size != layout->value_size)
		return -EPROTO;
	*ret_max = info.max_entries;
	return 0;
}

static int open_pin(const char *path, const char *folder, struct error *error)
{
	struct bpf_obj_get_opts options = {.sz = sizeof(options), .file_flags = BPF_F_RDONLY};
	int fd = bpf_obj_get_opts(path, &options);

	if (fd == -ENOENT)
		return error_set(error, fd, "%s: nothing is loaded there: start smtpfenced",
				 folder);
	if (fd == -EPERM || fd == -EACCES)
		return error_set(error, -EPERM, "%s: not permitted: run this as root", path);
	if (fd < 0)
		return error_set(error, fd, "%s: cannot be opened: %s", path, strerror(-fd));
	return fd;
}

int map_open(const char *folder, const struct map_layout *layout, struct map *ret,
	     struct error *error)
{
	char path[PATH_MAX];
	int r;

	*ret = (struct map){.name = layout->name,
			    .fd = -1,
			    .key_size = layout->key_size,
			    .value_size = value_stride(layout)};
	if (snprintf(path, sizeof(path), "%s/%s", folder, layout->name) >= (int)sizeof(path))
		return error_set(error, -ENAMETOOLONG, "%s: the path is too long", folder);
	ret->fd = open_pin(path, folder, error);
	if (ret->fd < 0)
		return ret->fd;
	r = check_layout(ret->fd, layout, &ret->max);
	if (r == -EPROTO)
		return error_set(error, r,
				 "%s: made by another version of smtpfence: restart smtpfenced",
				 path);
	return r < 0 ? error_set(error, r, "%s: cannot be looked at: %s", path, strerror(-r)) : 0;
}

void map_close(struct map *map)
{
	closep(&map->fd);
	map->fd = -1;
}

/* Room for what one system call brings. */
struct batch {
	char *keys;
	char *values;
	__u32 capacity;
};

static void batch_clear(struct batch *batch)
{
	free(batch->keys);
	free(batch->values);
}

static int batch_resize(struct batch *batch, const struct map *map, __u32 capacity)
{
	batch_clear(batch);
	batch->keys = calloc(capacity, map->key_size);
	batch->values = calloc(capacity, map->value_size);
	batch->capacity = capacity;
	return batch->keys && batch->values ? 0 : -ENOMEM;
}

static int batch_deliver(const struct batch *batch, __u32 count, const struct map *map,
			 map_walk_fn fn, void *userdata)
{
	for (__u32 i = 0; i < count; i++) {
		int r = fn(batch->keys + (size_t)i * map->key_size,
			   batch->values + (size_t)i * map->value_size, userdata);
		if (r != 0)
			return r;
	}
	return 0;
}

/* A walk that took so many steps met the same entries again and again. */
static __u64 step_limit(const struct map *map)
{
	return 2ULL * map->max + 1024;
}

/* Grows the batch as long as the map's next bucket alone does not fit into it. */
static int read_batch(const struct map *map, void *from, void *ret_next, struct batch *batch,
		      __u32 *ret_count)
{
	int r;

	do {
		*ret_count = batch->capacity;
		r = bpf_map_lookup_batch(map->fd, from, ret_next, batch->keys, batch->values,
					 ret_count, NULL);
		if (r != -ENOSPC)
			return r;
		r = batch_resize(batch, map, 2 * batch->capacity);
	} while (r >= 0);
	return r;
}

static int walk_batches(const struct map *map, map_walk_fn fn, void *userdata)
{
	const size_t cursor_size = map->key_size + sizeof(__u32);
	_cleanup_(batch_clear) struct batch batch = {};
	_cleanup_free_ char *cursor = calloc(1, cursor_size);
	_cleanup_free_ char *next = calloc(1, cursor_size);
	char *from = NULL;
	__u32 count;

	if (batch_resize(&batch, map, BATCH_FIRST) < 0 || !cursor || !next)
		return -ENOMEM;
	for (__u64 steps = 0; steps < step_limit(map); steps += count + 1) {
		int end = read_batch(map, from, next, &batch, &count);
		int r;

		/* -EINTR: an entry went away under the kernel's hands; what it has read counts. */
		if (end < 0 && end != -ENOENT && end != -EINTR)
			return end;
		r = batch_deliver(&batch, count, map, fn, userdata);
		if (r != 0 || end == -ENOENT)
			return r;
		if (count == 0)
			continue;
		memcpy(cursor, next, cursor_size);
		from = cursor;
	}
	return -EAGAIN;
}

/* Key after key: starts again at the first when the last key it got was deleted meanwhile. */
static int walk_keys(const struct map *map, map_walk_fn fn, void *userdata)
{
	_cleanup_free_ char *key = calloc(1, map->key_size);
	_cleanup_free_ char *value = calloc(1, map->value_size);
	bool first = true;

	if (!key || !value)
		return -ENOMEM;
	for (__u64 steps = 0; steps < step_limit(map); steps++) {
		int r = bpf_map_get_next_key(map->fd, first ? NULL : key, key);

		if (r == -ENOENT)
			return 0;
		if (r < 0)
			return r;
		first = false;
		r = bpf_map_lookup_elem(map->fd, key, value);
		if (r == -ENOENT)
			continue;
		if (r == 0)
			r = fn(key, value, userdata);
		if (r != 0)
			return r;
	}
	return -EAGAIN;
}

int map_walk(const struct map *map, map_walk_fn fn, void *userdata)
{
	int r = walk_batches(map, fn, userdata);

	/* Before the first entry was delivered, or never: linux 5.10 has no batches for tries. */
	return r == -KERNEL_ENOTSUPP ? walk_keys(map, fn, userdata) : r;
}

static int count_one(const void *key, const void *value, void *userdata)
{
	size_t *count = userdata;

	(void)key;
	(void)value;
	(*count)++;
	return 0;
}

int map_count(const struct map *map, size_t *ret)
{
	size_t count = 0;
	int r = map_walk(map, count_one, &count);

	if (r < 0)
		return r;
	*ret = count < map->max ? count : map->max;
	return 0;
}
