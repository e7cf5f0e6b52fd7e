/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The allowlist that was made at run time. */
#include "store/internal.h"

#include <errno.h>

#include "base/prefix.h"

int store_allow_add(struct store *store, const struct smtpfence_prefix *prefix, const char *reason,
		    struct error *error)
{
	_cleanup_query_ struct query query = query_open(
		store, "INSERT OR IGNORE INTO allow (prefix, added, reason) VALUES (?, ?, ?)");
	char text[PREFIX_TEXT_MAX], cut[SENTENCE_REASON_MAX];
	int r;

	store_cut_text(cut, sizeof(cut), reason);
	query_bind_prefix(&query, prefix);
	query_bind_int(&query, clock_wall());
	query_bind_text(&query, cut);
	r = query_run(&query, error);
	if (r == 0)
		return error_set(error, -EEXIST, "%s is on the allowlist already",
				 prefix_format(prefix, text));
	return r < 0 ? r : 0;
}

int store_allow_remove(struct store *store, const struct smtpfence_prefix *prefix,
		       struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "DELETE FROM allow WHERE prefix = ?");
	char text[PREFIX_TEXT_MAX];
	int r;

	query_bind_prefix(&query, prefix);
	r = query_run(&query, error);
	if (r == 0)
		return error_set(error, -ENOENT, "%s is not on the allowlist",
				 prefix_format(prefix, text));
	return r < 0 ? r : 0;
}

int store_each_allow(struct store *store, allow_fn fn, void *userdata, struct error *error)
{
	_cleanup_query_ struct query query =
		query_open(store, "SELECT prefix, added, reason FROM allow ORDER BY prefix");
	struct smtpfence_prefix prefix;
	int64_t added;
	int r;

	while ((r = query_step(&query, error)) > 0) {
		query_prefix(&query, &prefix);
		added = query_int(&query);
		r = fn(&prefix, added, query_text(&query), userdata);
		if (r != 0)
			break;
	}
	return r;
}
