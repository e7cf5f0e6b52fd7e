/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence/map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/cleanup.h"

/* Entries that are worth a thread. */
#define WORTH_TWO 4096

void map_content_clear(struct map_content *content)
{
	free(content->keys);
	free(content->values);
	*content = (struct map_content){};
}

static int map_info(int fd, struct bpf_map_info *ret)
{
	__u32 size = sizeof(*ret);

	*ret = (struct bpf_map_info){};
	return bpf_obj_get_info_by_fd(fd, ret, &size);
}

int map_max_entries(int fd, __u32 *ret)
{
	struct bpf_map_info info;
	int r = map_info(fd, &info);

	if (r == 0)
		*ret = info.max_entries;
	return r;
}

/* Room for all that the map can ever hold; pages that nobody writes to cost nothing. */
static int allocate(const struct bpf_map_info *info, bool values, struct map_content *ret)
{
	*ret = (struct map_content){.keys = calloc(info->max_entries, info->key_size)};
	if (values)
		ret->values = calloc(info->max_entries, info->value_size);
	if (ret->keys && (ret->values || !values))
		return 0;
	map_content_clear(ret);
	return -ENOMEM;
}

void map_batch_close(struct map_batch *batch)
{
	free(batch->keys);
	free(batch->values);
	*batch = (struct map_batch){};
}

static int make_room(struct map_batch *batch, size_t capacity)
{
	void *keys = reallocarray(batch->keys, capacity, batch->key_size);
	void *values;

	if (!keys)
		return -ENOMEM;
	batch->keys = keys;
	values = reallocarray(batch->values, capacity, batch->value_size);
	if (!values)
		return -ENOMEM;
	batch->values = values;
	batch->capacity = capacity;
	return 0;
}

int map_batch_open(int fd, size_t capacity, struct map_batch *ret)
{
	_cleanup_(map_batch_close) struct map_batch batch = {.fd = fd};
	struct bpf_map_info info;
	int r = map_info(fd, &info);

	if (r < 0)
		return r;
	batch.key_size = info.key_size;
	batch.value_size = info.value_size;
	if (info.type == BPF_MAP_TYPE_PERCPU_HASH)
		batch.value_size =
			(batch.value_size + 7) / 8 * 8 * (size_t)libbpf_num_possible_cpus();
	r = make_room(&batch, capacity);
	if (r < 0)
		return r;
	*ret = batch;
	batch = (struct map_batch){};
	return 0;
}

int map_batch_next(struct map_batch *batch)
{
	__u32 count;
	int r = 0;

	batch->count = 0;
	if (batch->over)
		return 0;
	do {
		/* A bucket with more entries than there is room for. */
		if (r == -ENOSPC && make_room(batch, 2 * batch->capacity) < 0)
			return -ENOMEM;
		count = (__u32)batch->capacity;
		r = bpf_map_lookup_batch(batch->fd, batch->begun ? &batch->place : NULL,
					 &batch->place, batch->keys, batch->values, &count, NULL);
		batch->begun |= r == 0 || r == -ENOSPC;
	} while (r == -ENOSPC);
	if (r < 0 && r != -ENOENT)
		return r;
	batch->over = r == -ENOENT;
	batch->count = count;
	return 0;
}

/* One batch with room for all that the map can hold: pages that nobody writes to cost nothing. */
int map_read_hash(int fd, struct map_content *ret)
{
	_cleanup_(map_batch_close) struct map_batch batch = {};
	__u32 max_entries;
	int r = map_max_entries(fd, &max_entries);

	if (r == 0)
		r = map_batch_open(fd, max_entries, &batch);
	if (r == 0)
		r = map_batch_next(&batch);
	if (r < 0)
		return r;
	ret->keys = STEAL(batch.keys);
	ret->values = STEAL(batch.values);
	ret->count = batch.count;
	return 0;
}

static int walk(int fd, const struct bpf_map_info *info, struct map_content *content)
{
	const char *last = NULL;
	int r;

	while (content->count < info->max_entries) {
		char *key = (char *)content->keys + content->count * info->key_size;

		r = bpf_map_get_next_key(fd, last, key);
		if (r == -ENOENT)
			return 0;
		if (r < 0)
			return r;
		if (content->values) {
			r = bpf_map_lookup_elem(fd, key,
						(char *)content->values +
							content->count * info->value_size);
			if (r < 0)
				return r;
		}
		content->count++;
		last = key;
	}
	return 0;
}

static int read_by_walk(int fd, bool values, struct map_content *ret)
{
	_cleanup_(map_content_clear) struct map_content content = {};
	struct bpf_map_info info;
	int r;

	r = map_info(fd, &info);
	if (r < 0)
		return r;
	r = allocate(&info, values, &content);
	if (r < 0)
		return r;
	r = walk(fd, &info, &content);
	if (r < 0)
		return r;
	*ret = content;
	content = (struct map_content){};
	return 0;
}

int map_read_trie(int fd, struct map_content *ret)
{
	return read_by_walk(fd, true, ret);
}

int map_read_keys(int fd, struct map_content *ret)
{
	return read_by_walk(fd, false, ret);
}

/* Entries of a hash that are written, or taken away: without @values. */
struct part {
	int fd;
	const char *keys, *values;
	size_t key_size, value_size, count;
	bool *done;
	int (*work)(const struct part *part);
	int code;
};

static int write_part(const struct part *part)
{
	size_t at = 0;

	while (at < part->count) {
		__u32 batch = (__u32)(part->count - at);
		int r = bpf_map_update_batch(part->fd, part->keys + at * part->key_size,
					     part->values + at * part->value_size, &batch, NULL);

		if (r < 0 && r != -E2BIG)
			return r;
		for (__u32 i = 0; i < batch; i++)
			part->done[at + i] = true;
		at += batch;
		/* The map is full: this one is refused, but later ones may be in it already. */
		if (r == -E2BIG)
			at++;
	}
	return 0;
}

static int delete_part(const struct part *part)
{
	size_t at = 0;

	while (at < part->count) {
		__u32 batch = (__u32)(part->count - at);
		int r = bpf_map_delete_batch(part->fd, part->keys + at * part->key_size, &batch,
					     NULL);

		if (r < 0 && r != -ENOENT)
			return r;
		/* ENOENT: the next one was not in, later ones may be. */
		batch += r == -ENOENT;
		for (__u32 i = 0; i < batch; i++)
			part->done[at + i] = true;
		at += batch;
	}
	return 0;
}

static void *run_part(void *userdata)
{
	struct part *part = userdata;

	part->code = part->work(part);
	return NULL;
}

/*
 * An entry of a large hash costs the kernel little work and much waiting for memory, which two
 * processors do side by side: each has locks and a store of free entries of its own.
 */
static int work_in_two(const struct part *whole)
{
	size_t half = whole->count / 2;
	struct part first = *whole, second = *whole;
	pthread_t thread;

	if (whole->count < WORTH_TWO)
		return whole->work(whole);
	first.count = half;
	second.keys += half * second.key_size;
	second.values += half * second.value_size;
	second.done += half;
	second.count -= half;
	if (pthread_create(&thread, NULL, run_part, &second) != 0)
		return whole->work(whole);
	first.code = first.work(&first);
	pthread_join(thread, NULL);
	return first.code < 0 ? first.code : second.code;
}

int map_write_hash(int fd, const void *keys, size_t key_size, const void *values, size_t value_size,
		   size_t count, bool *done)
{
	const struct part part = {
		.fd = fd,
		.keys = keys,
		.values = values,
		.key_size = key_size,
		.value_size = value_size,
		.count = count,
		.done = done,
		.work = write_part,
	};

	return work_in_two(&part);
}

int map_delete_hash(int fd, const void *keys, size_t key_size, size_t count, bool *done)
{
	const struct part part = {
		.fd = fd,
		.keys = keys,
		.values = keys, /* none: never read */
		.key_size = key_size,
		.count = count,
		.done = done,
		.work = delete_part,
	};

	return work_in_two(&part);
}

int map_write_trie(int fd, const void *keys, size_t key_size, const void *values, size_t value_size,
		   size_t count, bool *done)
{
	for (size_t i = 0; i < count; i++) {
		int r = bpf_map_update_elem(fd, (const char *)keys + i * key_size,
					    (const char *)values + i * value_size, BPF_ANY);

		if (r < 0 && r != -ENOSPC)
			return r;
		done[i] = r == 0;
	}
	return 0;
}
