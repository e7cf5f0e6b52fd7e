/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence/table.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "fence/map.h"
#include "skel/smtpfence.skel.h"

/* How a table is called, and how its type of map is read and written. */
static const struct {
	const char *name;
	int (*read)(int fd, struct map_content *ret);
	int (*write)(int fd, const void *keys, size_t key_size, const void *values,
		     size_t value_size, size_t count, bool *done);
} tables[TABLES] = {
	[TABLE_BLOCKS] = {"blocks", map_read_hash, map_write_hash},
	[TABLE_PREFIXES] = {"prefixes", map_read_trie, map_write_trie},
};

static int fd_of(const struct fence *fence, enum table table)
{
	return bpf_map__fd(table == TABLE_BLOCKS ? fence->skeleton->maps.blocks
						 : fence->skeleton->maps.prefixes);
}

/* An IPv4 address is 128 bits long here, and no IPv4 prefix is as short as 64. */
enum table table_of(const struct smtpfence_prefix *prefix)
{
	return prefix->length == 128 || prefix->length == 64 ? TABLE_BLOCKS : TABLE_PREFIXES;
}

struct smtpfence_block table_block(const struct entry *entry)
{
	return (struct smtpfence_block){
		.deadline = entry->deadline,
		.action = entry->action,
		.length = entry->prefix.length,
	};
}

int table_read(const struct fence *fence, enum table table, struct entries *ret,
	       struct error *error)
{
	_cleanup_(map_content_clear) struct map_content content = {};
	const struct smtpfence_prefix *keys;
	const struct smtpfence_block *values;
	int r;

	r = tables[table].read(fd_of(fence, table), &content);
	if (r < 0)
		return error_set(error, r, "cannot read the map `%s`: %s", tables[table].name,
				 strerror(-r));
	keys = content.keys;
	values = content.values;
	ret->items = calloc(content.count + 1, sizeof(*ret->items));
	if (!ret->items)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < content.count; i++)
		ret->items[i] = (struct entry){
			.prefix = keys[i],
			.action = values[i].action,
			.deadline = values[i].deadline,
		};
	ret->count = content.count;
	return 0;
}

int table_write(const struct fence *fence, enum table table, const struct smtpfence_prefix *keys,
		const struct smtpfence_block *values, size_t count, bool *done, struct error *error)
{
	int r = tables[table].write(fd_of(fence, table), keys, sizeof(*keys), values,
				    sizeof(*values), count, done);

	if (r < 0)
		return error_set(error, r, "cannot write the map `%s`: %s", tables[table].name,
				 strerror(-r));
	return 0;
}

int table_delete(const struct fence *fence, const struct smtpfence_prefix *prefix,
		 struct error *error)
{
	enum table table = table_of(prefix);
	char text[PREFIX_TEXT_MAX];
	int r = bpf_map_delete_elem(fd_of(fence, table), prefix);

	if (r < 0)
		return error_set(error, r, "cannot remove %s from the map `%s`: %s",
				 prefix_format(prefix, text), tables[table].name, strerror(-r));
	return 0;
}

int table_delete_each(const struct fence *fence, enum table table,
		      const struct smtpfence_prefix *keys, size_t count, bool *done,
		      struct error *error)
{
	int r = map_delete_hash(fd_of(fence, table), keys, sizeof(*keys), count, done);

	if (r < 0)
		return error_set(error, r, "cannot remove entries from the map `%s`: %s",
				 tables[table].name, strerror(-r));
	return 0;
}

int table_get(const struct fence *fence, const struct smtpfence_prefix *prefix,
	      struct smtpfence_block *ret, struct error *error)
{
	enum table table = table_of(prefix);
	struct smtpfence_block block;
	int r = bpf_map_lookup_elem(fd_of(fence, table), prefix, &block);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return error_set(error, r, "cannot read the map `%s`: %s", tables[table].name,
				 strerror(-r));
	if (ret)
		*ret = block;
	return block.length == prefix->length; /* a trie answers with a wider one, too */
}

int table_blocks_fd(const struct fence *fence)
{
	return fd_of(fence, TABLE_BLOCKS);
}

int table_hits_fd(const struct fence *fence)
{
	return bpf_map__fd(fence->skeleton->maps.block_hits);
}

const char *table_limit(const struct fence *fence, enum table table,
			char text[TABLE_LIMIT_TEXT_MAX])
{
	__u32 max_entries = 0;

	map_max_entries(fd_of(fence, table), &max_entries);
	snprintf(text, TABLE_LIMIT_TEXT_MAX, "limits.%s (%u)", tables[table].name, max_entries);
	return text;
}

int table_forget_hits_of(const struct fence *fence, const struct smtpfence_prefix *prefix,
			 struct error *error)
{
	int r = bpf_map_delete_elem(table_hits_fd(fence), prefix);

	if (r < 0 && r != -ENOENT)
		return error_set(error, r, "cannot write the map `block_hits`: %s", strerror(-r));
	return 0;
}
