/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and writing whole maps. Nobody but this daemon deletes from them. */
#ifndef SMTPFENCE_FENCE_MAP_H
#define SMTPFENCE_FENCE_MAP_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct map_content {
	void *keys, *values; /* owned, packed */
	size_t count;
};

void map_content_clear(struct map_content *content);

/* Keys and values of a hash that is not per CPU. */
int map_read_hash(int fd, struct map_content *ret);

/* Keys and values of a trie, which older kernels cannot read in batches; few. */
int map_read_trie(int fd, struct map_content *ret);

/* Keys alone, of a map of any type. */
int map_read_keys(int fd, struct map_content *ret);

/*
 * Some entries of a hash at a time, also of one that changes meanwhile: what stays is read once,
 * what comes or goes may be read or not.
 */
struct map_batch {
	int fd;
	size_t key_size, value_size; /* of a hash per CPU, the value of all CPUs */
	void *keys, *values;	     /* owned, packed */
	size_t count, capacity;
	__u32 place; /* the kernel's, in the hash */
	bool begun, over;
};

int map_batch_open(int fd, size_t capacity, struct map_batch *ret);
/* The next ones take the place of those before; `count` is 0 at the end. */
int map_batch_next(struct map_batch *batch);
void map_batch_close(struct map_batch *batch);

/* What the kernel says of the map. */
int map_max_entries(int fd, __u32 *ret);

/*
 * Adds or changes @count entries. Sets @done of those that are in; the others did not fit. Any
 * other error ends it.
 */
int map_write_hash(int fd, const void *keys, size_t key_size, const void *values, size_t value_size,
		   size_t count, bool *done);
int map_write_trie(int fd, const void *keys, size_t key_size, const void *values, size_t value_size,
		   size_t count, bool *done);

/* Takes @count entries away. Sets @done of those that are not in any more, or never were. */
int map_delete_hash(int fd, const void *keys, size_t key_size, size_t count, bool *done);

#endif
