/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row a source that has, or had, a sentence. */
#include "store/internal.h"

#include <errno.h>

#include "base/prefix.h"

#define SELECT_SENTENCE                                                                            \
	"SELECT prefix, state, score, date, time, served, deadline, offences, last_end, "          \
	"last_detected, source, reason FROM sentences "

static void read_sentence(struct query *query, struct sentence *ret)
{
	query_prefix(query, &ret->prefix);
	ret->state = (enum sentence_state)query_int(query);
	ret->score = (uint32_t)query_int(query);
	ret->date = query_int(query);
	ret->time = (uint64_t)query_int(query);
	ret->served = (uint64_t)query_int(query);
	ret->deadline = (uint64_t)query_int(query);
	ret->offences = (uint32_t)query_int(query);
	ret->last_end = query_int(query);
	ret->last_detected = query_int(query);
	query_copy_text(query, ret->source, sizeof(ret->source));
	query_copy_text(query, ret->reason, sizeof(ret->reason));
}

int store_get_sentence(struct store *store, const struct smtpfence_prefix *prefix,
		       struct sentence *ret, struct error *error)
{
	_cleanup_query_ struct query query = query_open(store, SELECT_SENTENCE "WHERE prefix = ?");
	char text[PREFIX_TEXT_MAX];
	int r;

	query_bind_prefix(&query, prefix);
	r = query_step(&query, error);
	if (r == 0)
		return error_set(error, -ENOENT, "%s: never had a sentence",
				 prefix_format(prefix, text));
	if (r > 0)
		read_sentence(&query, ret);
	return r < 0 ? r : 0;
}

int store_put_sentence(struct store *store, const struct sentence *sentence, struct error *error)
{
	_cleanup_query_ struct query query = query_open(
		store, "INSERT OR REPLACE INTO sentences (prefix, state, score, date, time, "
		       "served, deadline, offences, last_end, last_detected, source, reason, "
		       "boot_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	int r;

	query_bind_prefix(&query, &sentence->prefix);
	query_bind_int(&query, sentence->state);
	query_bind_int(&query, sentence->score);
	query_bind_int(&query, sentence->date);
	query_bind_int(&query, (int64_t)sentence->time);
	query_bind_int(&query, (int64_t)sentence->served);
	query_bind_int(&query, (int64_t)sentence->deadline);
	query_bind_int(&query, sentence->offences);
	query_bind_int(&query, sentence->last_end);
	query_bind_int(&query, sentence->last_detected);
	query_bind_text(&query, sentence->source);
	query_bind_text(&query, sentence->reason);
	query_bind_text(&query, store->boot_id);
	r = query_run(&query, error);
	return r < 0 ? r : 0;
}

#define IN_RANGE "WHERE prefix BETWEEN ? AND ? "

/* Left to itself, SQLite would read all that are blocked to find the few that end. */
#define BY_DEADLINE "INDEXED BY sentences_deadline "
#define ENDING                                                                                     \
	BY_DEADLINE "WHERE prefix BETWEEN ? AND ? AND state = 1 AND deadline > 0 AND "             \
		    "deadline <= ? ORDER BY deadline LIMIT ?"

static struct query open_walk(struct store *store, const struct sentence_filter *filter)
{
	const char *sql = SELECT_SENTENCE IN_RANGE "ORDER BY prefix LIMIT ?";
	struct query query;

	if (filter->ends_before)
		sql = SELECT_SENTENCE ENDING;
	else if (filter->by_state)
		sql = SELECT_SENTENCE IN_RANGE "AND state = ? ORDER BY prefix LIMIT ?";
	query = query_open(store, sql);
	query_bind_range(&query, filter->in, filter->from ? filter->from : filter->after);
	if (filter->ends_before)
		query_bind_int(&query, (int64_t)filter->ends_before);
	else if (filter->by_state)
		query_bind_int(&query, filter->state);
	query_bind_int(&query, filter->limit ? (int64_t)filter->limit : -1);
	return query;
}

int store_each_sentence(struct store *store, const struct sentence_filter *filter, sentence_fn fn,
			void *userdata, struct error *error)
{
	_cleanup_query_ struct query query = open_walk(store, filter);
	struct sentence sentence;
	int r;

	while ((r = query_step(&query, error)) > 0) {
		read_sentence(&query, &sentence);
		if (filter->in && !prefix_contains(filter->in, &sentence.prefix))
			continue;
		if (filter->after && prefix_compare(&sentence.prefix, filter->after) <= 0)
			continue;
		r = fn(&sentence, userdata);
		if (r != 0)
			break;
	}
	return r;
}

/* In the index alone, without reading them all. */
int store_count_sentences(struct store *store, enum sentence_state state, size_t *ret,
			  struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT count(*) FROM sentences WHERE state = ?");
	int r;

	query_bind_int(&query, state);
	r = query_step(&query, error);
	*ret = r > 0 ? (size_t)query_int(&query) : 0;
	return r < 0 ? r : 0;
}

int store_next_deadline(struct store *store, uint64_t *ret, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT min(deadline) FROM sentences " BY_DEADLINE
				  "WHERE state = 1 AND deadline > 0");
	int r = query_step(&query, error);

	*ret = r > 0 ? (uint64_t)query_int(&query) : 0;
	return r < 0 ? r : 0;
}
