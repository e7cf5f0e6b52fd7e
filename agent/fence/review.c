/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole maps, looked at in slices while they are in use. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fence/fence.h"
#include "fence/map.h"
#include "fence/private.h"
#include "fence/settings.h"
#include "fence/table.h"

#define BLOCKS_AT_ONCE 2048
#define HITS_AT_ONCE   256 /* their values are one a CPU */

struct fence_review {
	struct fence *fence;
	struct map_batch batch; /* of the map that is being read */
	struct entries entries; /* what was read last */
	bool prefixes_read;
	size_t hits;	 /* how many entries have any */
	bool sweeping;	 /* these have been counted, and are too many */
	bool hits_begun; /* the batch is theirs */
};

void fence_review_free(struct fence_review *review)
{
	if (!review)
		return;
	map_batch_close(&review->batch);
	entries_clear(&review->entries);
	free(review);
}

static int cannot_read(int code, const char *map, struct error *error)
{
	return error_set(error, code, "cannot read the map `%s`: %s", map, strerror(-code));
}

static int open_batch(struct fence_review *review, int fd, size_t capacity, const char *map,
		      struct error *error)
{
	int r;

	map_batch_close(&review->batch);
	r = map_batch_open(fd, capacity, &review->batch);
	return r < 0 ? cannot_read(r, map, error) : 0;
}

int fence_review_begin(struct fence *fence, struct fence_review **ret, struct error *error)
{
	_cleanup_(fence_review_freep) struct fence_review *review = calloc(1, sizeof(*review));
	int r;

	if (!review)
		return error_set(error, -ENOMEM, "out of memory");
	review->fence = fence;
	r = open_batch(review, table_blocks_fd(fence), BLOCKS_AT_ONCE, "blocks", error);
	if (r < 0)
		return r;
	*ret = STEAL(review);
	return 0;
}

static int read_blocks(struct fence_review *review, struct error *error)
{
	struct map_batch *batch = &review->batch;
	struct entries *entries = &review->entries;
	const struct smtpfence_block *values;
	const struct smtpfence_prefix *keys;
	int r = map_batch_next(batch);

	if (r < 0)
		return cannot_read(r, "blocks", error);
	entries_clear(entries);
	entries->items = calloc(batch->count + 1, sizeof(*entries->items));
	if (!entries->items)
		return error_set(error, -ENOMEM, "out of memory");
	keys = batch->keys;
	values = batch->values;
	for (size_t i = 0; i < batch->count; i++)
		entries->items[entries->count++] =
			(struct entry){keys[i], values[i].action, values[i].deadline};
	return 0;
}

/* Few, in one go: then they can be counted for the datapath, should somebody else have changed
 * them. */
static int read_prefixes(struct fence_review *review, struct error *error)
{
	int r;

	review->prefixes_read = true;
	entries_clear(&review->entries);
	r = table_read(review->fence, TABLE_PREFIXES, &review->entries, error);
	return r < 0 ? r : settings_count_prefixes(review->fence, review->entries.count, error);
}

int fence_review_read(struct fence_review *review, const struct entries **ret, struct error *error)
{
	int r = read_blocks(review, error);

	*ret = &review->entries;
	if (r >= 0 && review->entries.count == 0 && !review->prefixes_read)
		r = read_prefixes(review, error);
	return r;
}

static int begin_hits(struct fence_review *review, struct error *error)
{
	review->hits_begun = true;
	return open_batch(review, table_hits_fd(review->fence), HITS_AT_ONCE, "block_hits", error);
}

/* Forgets the hits of those that are in no table. */
static int sweep(struct fence_review *review, struct error *error)
{
	const struct smtpfence_prefix *keys = review->batch.keys;
	int r = 0;

	for (size_t i = 0; i < review->batch.count && r >= 0; i++) {
		r = table_get(review->fence, &keys[i], NULL, error);
		if (r == 0)
			r = table_forget_hits_of(review->fence, &keys[i], error);
	}
	return r;
}

/* All are counted. Returns whether they have to be gone through once more. */
static int judge_hits(struct fence_review *review, struct error *error)
{
	__u32 max_entries;
	int r;

	if (review->sweeping)
		return 0;
	r = map_max_entries(table_hits_fd(review->fence), &max_entries);
	if (r < 0)
		return cannot_read(r, "block_hits", error);
	if (review->hits <= max_entries / 2)
		return 0;
	review->sweeping = true;
	r = begin_hits(review, error);
	return r < 0 ? r : 1;
}

int fence_review_hits(struct fence_review *review, struct error *error)
{
	int r = review->hits_begun ? 0 : begin_hits(review, error);

	if (r < 0)
		return r;
	r = map_batch_next(&review->batch);
	if (r < 0)
		return cannot_read(r, "block_hits", error);
	if (review->batch.count == 0)
		return judge_hits(review, error);
	if (!review->sweeping)
		review->hits += review->batch.count;
	else
		r = sweep(review, error);
	return r < 0 ? r : 1;
}

int fence_look_each(struct fence *fence, const struct fence_edit *edits, size_t count,
		    struct fence_present *ret, struct error *error)
{
	struct smtpfence_block block;

	for (size_t i = 0; i < count; i++) {
		int r = table_get(fence, &edits[i].entry.prefix, &block, error);

		if (r < 0)
			return r;
		ret[i] = (struct fence_present){};
		if (r > 0)
			ret[i] = (struct fence_present){true, block.action, block.deadline};
	}
	return 0;
}
