/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/list_cursor.h"

#include <string.h>

/* The chunk that @from lies in is the last one that begins before it. */
#define SELECT_CHUNKS                                                                              \
	"SELECT entries FROM chunks WHERE list = ?1 AND first >= coalesce((SELECT max(first) "     \
	"FROM chunks WHERE list = ?1 AND first <= ?2), x'') AND first <= ?3 ORDER BY first"

void list_cursor_open(struct list_cursor *cursor, struct store *store, int64_t list,
		      const struct smtpfence_prefix *from, const uint8_t *last)
{
	*cursor = (struct list_cursor){.store = store, .list = list};
	if (from)
		key_write(from, cursor->from);
	if (last)
		memcpy(cursor->last, last, sizeof(cursor->last));
	else
		key_write_last(NULL, cursor->last);
}

void list_cursor_close(struct list_cursor *cursor)
{
	query_close(&cursor->query);
}

static void start(struct list_cursor *cursor)
{
	cursor->query = query_open(cursor->store, SELECT_CHUNKS);
	query_bind_int(&cursor->query, cursor->list);
	query_bind_key(&cursor->query, cursor->from);
	query_bind_key(&cursor->query, cursor->last);
}

/* At once when there are no more rows: the statement is free then, and another may take it. */
static void finish(struct query *query)
{
	query_close(query);
	query->statement = NULL;
}

/* Only the first chunk can hold what stands before the begin. */
static int next_chunk(struct list_cursor *cursor, struct error *error)
{
	bool first = !cursor->query.statement;
	size_t count;
	int r;

	if (cursor->over)
		return 0;
	if (first)
		start(cursor);
	r = query_step(&cursor->query, error);
	cursor->over = r <= 0;
	if (r <= 0) {
		finish(&cursor->query);
		return r;
	}
	cursor->at = query_records(&cursor->query, &count);
	cursor->end = cursor->at + count * RECORD_SIZE;
	if (first)
		cursor->at = records_seek(cursor->at, count, cursor->from);
	return 1;
}

int list_cursor_peek(struct list_cursor *cursor, const uint8_t **ret, struct error *error)
{
	while (cursor->at == cursor->end) {
		int r = next_chunk(cursor, error);

		if (r <= 0)
			return r;
	}
	*ret = cursor->at;
	return 1;
}

void list_cursor_pass(struct list_cursor *cursor)
{
	cursor->at += RECORD_SIZE;
}

void list_finder_open(struct list_finder *finder, struct store *store)
{
	*finder = (struct list_finder){.store = store};
}

void list_finder_close(struct list_finder *finder)
{
	query_close(&finder->query);
}

static bool is_at_hand(const struct list_finder *finder, const uint8_t *key)
{
	return finder->known && memcmp(finder->first, key, PREFIX_KEY_SIZE) <= 0 &&
	       memcmp(finder->last, key, PREFIX_KEY_SIZE) >= 0;
}

/* The chunk that would hold @key: none where the list begins behind it. */
static int fetch_chunk(struct list_finder *finder, int64_t list, const uint8_t *key,
		       struct error *error)
{
	int r;

	finish(&finder->query);
	finder->query = query_open(finder->store, "SELECT entries FROM chunks WHERE list = ? AND "
						  "first <= ? ORDER BY first DESC LIMIT 1");
	query_bind_int(&finder->query, list);
	query_bind_key(&finder->query, key);
	r = query_step(&finder->query, error);
	finder->count = finder->next = 0;
	memset(finder->first, 0, sizeof(finder->first));
	if (r <= 0) {
		finish(&finder->query);
		return r;
	}
	finder->bytes = query_records(&finder->query, &finder->count);
	memcpy(finder->first, finder->bytes, sizeof(finder->first));
	memcpy(finder->last, finder->bytes + (finder->count - 1) * RECORD_SIZE,
	       sizeof(finder->last));
	return 0;
}

/* How far behind @key there is nothing: whoever asks in order will ask there next. */
static int measure_gap(struct list_finder *finder, int64_t list, const uint8_t *key,
		       struct error *error)
{
	_cleanup_query_ struct query query = query_open(
		finder->store, "SELECT min(first) FROM chunks WHERE list = ? AND first > ?");
	uint8_t next[PREFIX_KEY_SIZE];
	struct smtpfence_prefix prefix;
	int r;

	query_bind_int(&query, list);
	query_bind_key(&query, key);
	r = query_step(&query, error);
	if (r < 0)
		return r;
	key_write_last(NULL, finder->last);
	if (query_prefix(&query, &prefix)) {
		key_write(&prefix, next);
		key_write_before(next, finder->last);
	}
	return 0;
}

static int fetch(struct list_finder *finder, int64_t list, const uint8_t *key, struct error *error)
{
	int r;

	finder->known = false;
	r = fetch_chunk(finder, list, key, error);
	if (r >= 0 && (finder->count == 0 || memcmp(finder->last, key, PREFIX_KEY_SIZE) < 0))
		r = measure_gap(finder, list, key, error);
	finder->known = r >= 0;
	return r < 0 ? r : 0;
}

static const uint8_t *find_record(struct list_finder *finder, const uint8_t *key)
{
	const uint8_t *record = finder->bytes + finder->next * RECORD_SIZE;

	if (finder->next == finder->count || memcmp(record, key, PREFIX_KEY_SIZE) != 0)
		record = records_seek(finder->bytes, finder->count, key);
	if (record == finder->bytes + finder->count * RECORD_SIZE ||
	    memcmp(record, key, PREFIX_KEY_SIZE) != 0)
		return NULL;
	finder->next = (size_t)(record - finder->bytes) / RECORD_SIZE + 1;
	return record;
}

int list_find(struct list_finder *finder, int64_t list, const struct smtpfence_prefix *prefix,
	      int64_t *ret_until, struct error *error)
{
	uint8_t key[PREFIX_KEY_SIZE];
	const uint8_t *record;
	int r;

	key_write(prefix, key);
	if (!is_at_hand(finder, key)) {
		r = fetch(finder, list, key, error);
		if (r < 0)
			return r;
	}
	record = finder->count ? find_record(finder, key) : NULL;
	if (!record)
		return 0;
	*ret_until = record_until(record);
	return 1;
}
