/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A long list in pages: `limit` rows, those behind the prefix `after`. Where more follow, the
 * answer has a header (RFC 8288) with the request for the next page:
 *
 *   Link: </v1/blocks?limit=1000&after=192.0.2.7/32>; rel="next"
 */
#ifndef SMTPFENCE_API_PAGE_H
#define SMTPFENCE_API_PAGE_H

#include "api/internal.h"

#define PAGE_LIMIT_MAX 10000

struct page {
	int64_t limit;
	int64_t rows;
	struct smtpfence_prefix after; /* valid if has_after */
	struct smtpfence_prefix last;  /* of the rows so far */
	bool has_after;
	bool more;
};

/* `limit` and `after`; @page has the default limit. */
int page_read(const struct request *request, struct page *page, struct error *error);

/* A row more; false: the page is full, and there is another one. */
bool page_add(struct page *page, const struct smtpfence_prefix *prefix);

/* Names the next page, if there is one. */
int page_finish(const struct page *page, const struct request *request, struct reply *reply,
		struct error *error);

#endif
