/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing lists. A small change is made in place, in the chunks that it touches. A large one is
 * written as another list beside the one in force, a part at a time, and takes its place in one
 * step: whatever happens meanwhile, the store has the old list or the new one.
 */
#include "store/lists.h"

#include <errno.h>
#include <string.h>

#include "base/prefix.h"

#define CHUNK_MAX 512	/* records; 12.5 KiB */
#define CHUNK_MIN 128	/* a smaller one takes in the next when it is written */
#define PART	  65536 /* records in one part of a list that is written beside */

int list_new(struct store *store, int64_t *ret, struct error *error)
{
	int r = store_run(store, "INSERT INTO lists (feed) VALUES (NULL)", error);

	if (r >= 0)
		*ret = sqlite3_last_insert_rowid(store->db);
	return r;
}

int list_forget(struct store *store, const char *feed, struct error *error)
{
	_cleanup_query_ struct query query = query_open(store, "DELETE FROM lists WHERE feed = ?");

	query_bind_text(&query, feed);
	return query_run(&query, error);
}

int list_put(struct store *store, const char *feed, int64_t list, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "UPDATE lists SET feed = ? WHERE id = ?");
	int r = list_forget(store, feed, error);

	query_bind_text(&query, feed);
	query_bind_int(&query, list);
	return r < 0 ? r : query_run(&query, error);
}

static int write_chunk(struct query *query, int64_t list, const uint8_t *bytes, size_t count,
		       struct error *error)
{
	query_rewind(query);
	query_bind_int(query, list);
	query_bind_key(query, bytes);
	query_bind_int(query, (int64_t)count);
	query_bind_int(query, records_first_end(bytes, count));
	query_bind_bytes(query, bytes, count * RECORD_SIZE);
	return query_run(query, error);
}

int list_write(struct store *store, int64_t list, const struct records *records,
	       struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "INSERT INTO chunks (list, first, count, ends, entries) "
				  "VALUES (?, ?, ?, ?, ?)");
	size_t chunks = (records->count + CHUNK_MAX - 1) / CHUNK_MAX, at = 0;
	int r = 0;

	/* All of about the same size, so that no small one is left over. */
	for (size_t i = 0; i < chunks && r >= 0; i++) {
		size_t end = records->count * (i + 1) / chunks;

		r = write_chunk(&query, list, records->bytes + at * RECORD_SIZE, end - at, error);
		at = end;
	}
	return r < 0 ? r : 0;
}

/* What is stored and what changes of it, as one stream in order. */
struct merge {
	struct list_cursor stored;
	const struct list_edit *edit, *end;
};

/* Appends the next entry to @out, unless it is one that goes. 1: went on; 0: the end. */
static int merge_next(struct merge *merge, struct records *out, struct error *error)
{
	struct listing stored = {0};
	const uint8_t *record;
	int order, more = list_cursor_peek(&merge->stored, &record, error), r = 0;

	if (more < 0 || (more == 0 && merge->edit == merge->end))
		return more;
	order = more ? -1 : 1;
	if (more)
		record_read(record, &stored);
	if (more && merge->edit < merge->end)
		order = prefix_compare(&stored.prefix, &merge->edit->prefix);
	if (order < 0)
		r = records_add(out, &stored.prefix, stored.until);
	else if (merge->edit->kind != LIST_REMOVE)
		r = records_add(out, &merge->edit->prefix, merge->edit->until);
	if (order <= 0)
		list_cursor_pass(&merge->stored);
	merge->edit += order >= 0;
	return r < 0 ? error_set(error, r, "out of memory over a list") : 1;
}

/* The chunks that one edit is in the midst of: from a first key to before another. */
struct region {
	uint8_t first[PREFIX_KEY_SIZE], next[PREFIX_KEY_SIZE];
	bool open; /* to the end of the list */
};

/* The first key of the next chunk behind @key that is worth to begin with. */
static int find_next(struct store *store, int64_t list, struct region *region,
		     const struct smtpfence_prefix *prefix, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT first FROM chunks WHERE list = ? AND first > ? "
				  "AND count >= ? ORDER BY first LIMIT 1");
	struct smtpfence_prefix next;
	int r;

	query_bind_int(&query, list);
	query_bind_prefix(&query, prefix);
	query_bind_int(&query, CHUNK_MIN);
	r = query_step(&query, error);
	region->open = r == 0;
	if (r <= 0)
		return r;
	query_prefix(&query, &next);
	key_write(&next, region->next);
	return 0;
}

static int find_region(struct store *store, int64_t list, const struct smtpfence_prefix *prefix,
		       struct region *ret, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT max(first) FROM chunks WHERE list = ? AND first <= ?");
	struct smtpfence_prefix first;
	int r;

	query_bind_int(&query, list);
	query_bind_prefix(&query, prefix);
	r = query_step(&query, error);
	if (r < 0)
		return r;
	if (!query_prefix(&query, &first))
		first = (struct smtpfence_prefix){0};
	key_write(&first, ret->first);
	return find_next(store, list, ret, prefix, error);
}

static bool is_in(const struct region *region, const struct smtpfence_prefix *prefix)
{
	uint8_t key[PREFIX_KEY_SIZE];

	key_write(prefix, key);
	return region->open || memcmp(key, region->next, sizeof(key)) < 0;
}

/* What the region holds from now on. */
static int merge_region(struct store *store, int64_t list, const struct region *region,
			const struct list_edit *edits, size_t count, struct records *out,
			struct error *error)
{
	struct merge merge = {.edit = edits, .end = edits + count};
	struct smtpfence_prefix first;
	uint8_t last[PREFIX_KEY_SIZE];
	int r;

	key_read(region->first, &first);
	key_write_before(region->next, last);
	list_cursor_open(&merge.stored, store, list, &first, region->open ? NULL : last);
	do
		r = merge_next(&merge, out, error);
	while (r > 0);
	list_cursor_close(&merge.stored);
	return r;
}

static int empty_region(struct store *store, int64_t list, const struct region *region,
			struct error *error)
{
	_cleanup_query_ struct query query = query_open(
		store, "DELETE FROM chunks WHERE list = ? AND first >= ? AND (? OR first < ?)");
	int r;

	query_bind_int(&query, list);
	query_bind_key(&query, region->first);
	query_bind_int(&query, region->open);
	query_bind_key(&query, region->next);
	r = query_run(&query, error);
	return r < 0 ? r : 0;
}

/* Makes the edits that fall into one region. Returns how many these were. */
static int change_region(struct store *store, int64_t list, const struct list_edit *edits,
			 size_t count, struct error *error)
{
	_cleanup_(records_clear) struct records records = {0};
	struct region region;
	size_t within = 0;
	int r = find_region(store, list, &edits->prefix, &region, error);

	if (r < 0)
		return r;
	while (within < count && is_in(&region, &edits[within].prefix))
		within++;
	r = merge_region(store, list, &region, edits, within, &records, error);
	if (r >= 0)
		r = empty_region(store, list, &region, error);
	if (r >= 0)
		r = list_write(store, list, &records, error);
	return r < 0 ? r : (int)within;
}

/* The feed's list, which is made if it has none. */
static int need_list(struct store *store, const char *feed, int64_t *ret, struct error *error)
{
	int r = list_id(store, feed, ret, error);

	if (r != 0)
		return r;
	r = list_new(store, ret, error);
	return r < 0 ? r : list_put(store, feed, *ret, error);
}

int store_change_list(struct store *store, const char *feed, const struct list_change *change,
		      struct error *error)
{
	size_t done = 0;
	int64_t list;
	int r = need_list(store, feed, &list, error);

	while (r >= 0 && done < change->count) {
		r = change_region(store, list, change->edits + done, change->count - done, error);
		done += r > 0 ? (size_t)r : 0;
	}
	return r < 0 ? r : 0;
}

int store_begin_list(struct store *store, const char *feed, const struct list_change *change,
		     struct list_writer *ret, struct error *error)
{
	int r;

	*ret = (struct list_writer){.change = change};
	r = list_id(store, feed, &ret->from, error);
	return r < 0 ? r : list_new(store, &ret->list, error);
}

/* One part into @out. 1: there is more; 0: that was the last. */
static int merge_part(struct store *store, struct list_writer *writer, struct records *out,
		      struct error *error)
{
	const struct list_change *change = writer->change;
	struct merge merge = {.edit = change->edits + writer->edits,
			      .end = change->edits + change->count};
	const uint8_t *record;
	int more, r = 1;

	list_cursor_open(&merge.stored, store, writer->from, &writer->next, NULL);
	while (r > 0 && out->count < PART)
		r = merge_next(&merge, out, error);
	writer->edits = (size_t)(merge.edit - change->edits);
	more = r > 0 ? list_cursor_peek(&merge.stored, &record, error) : r;
	if (more > 0)
		key_read(record, &writer->next);
	writer->drained = more == 0;
	list_cursor_close(&merge.stored);
	return more == 0 ? writer->edits < change->count : more;
}

int store_write_list(struct store *store, struct list_writer *writer, struct error *error)
{
	_cleanup_(records_clear) struct records records = {0};
	int more, r;

	if (writer->drained)
		writer->from = 0; /* no list has that id: what is left is edits alone */
	more = merge_part(store, writer, &records, error);
	r = more < 0 ? more : list_write(store, writer->list, &records, error);
	writer->written += records.count;
	return r < 0 ? r : more;
}

int store_put_list(struct store *store, const char *feed, const struct list_writer *writer,
		   struct error *error)
{
	return list_put(store, feed, writer->list, error);
}

int store_drop_list(struct store *store, const struct list_writer *writer, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "DELETE FROM lists WHERE id = ? AND feed IS NULL");

	query_bind_int(&query, writer->list);
	return query_run(&query, error);
}

int store_sweep_lists(struct store *store, size_t limit, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "DELETE FROM chunks WHERE rowid IN (SELECT rowid FROM chunks "
				  "WHERE list NOT IN (SELECT id FROM lists) LIMIT ?)");
	int r;

	query_bind_int(&query, limit ? (int64_t)limit : -1);
	r = query_run(&query, error);
	return r < 0 ? r : r > 0;
}
