/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/input.h"
#include "api/page.h"
#include "base/prefix.h"

int page_read(const struct request *request, struct page *page, struct error *error)
{
	const char *after = input_query(request, "after");
	int r = input_query_number(request, "limit", 1, PAGE_LIMIT_MAX, &page->limit, error);

	if (r < 0 || !after)
		return r;
	page->has_after = true;
	return input_prefix("after", after, &page->after, error);
}

bool page_add(struct page *page, const struct smtpfence_prefix *prefix)
{
	page->more = page->rows == page->limit;
	if (page->more)
		return false;
	page->rows++;
	page->last = *prefix;
	return true;
}

/* What else the list was asked for. Its value is a word or a prefix: it needs no encoding. */
static void repeat(FILE *stream, const struct request *request, const char *name)
{
	const char *value = input_query(request, name);

	if (value)
		fprintf(stream, "%s=%s&", name, value);
}

int page_finish(const struct page *page, const struct request *request, struct reply *reply,
		struct error *error)
{
	char text[PREFIX_TEXT_MAX];
	size_t size;
	FILE *stream;

	if (!page->more)
		return 0;
	stream = open_memstream(&reply->link, &size);
	if (!stream)
		return error_set(error, -ENOMEM, "out of memory");
	fprintf(stream, "<%s?", request->path);
	repeat(stream, request, "state");
	repeat(stream, request, "in");
	fprintf(stream, "limit=%" PRId64 "&after=%s>; rel=\"next\"", page->limit,
		prefix_format(&page->last, text));
	return fclose(stream) == 0 ? 0 : error_set(error, -ENOMEM, "out of memory");
}
