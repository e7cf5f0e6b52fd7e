/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is blocked, or was not long ago, and how much speaks against each. */
#include "store/internal.h"

/*
 * A sentence's row tells of the last one only. That is enough: whoever was blocked at any time
 * since then is blocked now, or has a last end since then.
 */
#define SELECT_OFFENDERS                                                                           \
	"SELECT prefix, state, (SELECT count(*) FROM evidence "                                    \
	"WHERE evidence.prefix = sentences.prefix AND evidence.date >= ?1) "                       \
	"FROM sentences WHERE state <> 0 OR last_end >= ?1 ORDER BY prefix"

int store_each_offender(struct store *store, int64_t since, offender_fn fn, void *userdata,
			struct error *error)
{
	_cleanup_query_ struct query query = query_open(store, SELECT_OFFENDERS);
	struct offender offender;
	int r;

	query_bind_int(&query, since);
	while ((r = query_step(&query, error)) > 0) {
		query_prefix(&query, &offender.prefix);
		offender.state = (enum sentence_state)query_int(&query);
		offender.spams = (uint64_t)query_int(&query);
		r = fn(&offender, userdata);
		if (r != 0)
			break;
	}
	return r;
}
