/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mails that speak against a source. */
#include "store/internal.h"

#include <string.h>

static int add_piece(struct query *query, const struct smtpfence_prefix *prefix, const char *source,
		     const struct evidence *piece, struct error *error)
{
	char message_id[EVIDENCE_MESSAGE_ID_MAX];

	store_cut_text(message_id, sizeof(message_id), piece->message_id);
	query_rewind(query);
	query_bind_prefix(query, prefix);
	query_bind_int(query, piece->date);
	query_bind_prefix(query, &piece->destination);
	query_bind_text(query, message_id);
	query_bind_int(query, piece->spam_score);
	query_bind_text(query, source);
	return query_run(query, error);
}

static int prune(struct store *store, const struct smtpfence_prefix *prefix, struct error *error)
{
	_cleanup_query_ struct query query = query_open(
		store, "DELETE FROM evidence WHERE prefix = ?1 AND date < (SELECT date "
		       "FROM evidence WHERE prefix = ?1 ORDER BY date DESC LIMIT 1 OFFSET ?2)");

	query_bind_prefix(&query, prefix);
	query_bind_int(&query, EVIDENCE_MAX - 1);
	return query_run(&query, error);
}

int store_add_evidence(struct store *store, const struct smtpfence_prefix *prefix,
		       const char *source, const struct evidence *evidence, size_t count,
		       struct error *error)
{
	_cleanup_query_ struct query query = query_open(
		store, "INSERT OR IGNORE INTO evidence (prefix, date, destination, message_id, "
		       "spam_score, source) VALUES (?, ?, ?, ?, ?, ?)");
	int r, added = 0;

	for (size_t i = 0; i < count; i++) {
		r = add_piece(&query, prefix, source, &evidence[i], error);
		if (r < 0)
			return r;
		added += r;
	}
	r = added ? prune(store, prefix, error) : 0;
	return r < 0 ? r : added;
}

int store_each_evidence(struct store *store, const struct smtpfence_prefix *prefix, size_t limit,
			evidence_fn fn, void *userdata, struct error *error)
{
	_cleanup_query_ struct query query = query_open(
		store, "SELECT date, destination, message_id, spam_score, source FROM evidence "
		       "WHERE prefix = ? ORDER BY date DESC, destination, message_id LIMIT ?");
	char message_id[EVIDENCE_MESSAGE_ID_MAX];
	struct evidence evidence;
	int r;

	query_bind_prefix(&query, prefix);
	query_bind_int(&query, limit ? (int64_t)limit : -1);
	while ((r = query_step(&query, error)) > 0) {
		evidence.date = query_int(&query);
		query_prefix(&query, &evidence.destination);
		query_copy_text(&query, message_id, sizeof(message_id));
		evidence.message_id = message_id[0] ? message_id : NULL;
		evidence.spam_score = query_int(&query);
		r = fn(&evidence, query_text(&query), userdata);
		if (r != 0)
			break;
	}
	return r;
}
