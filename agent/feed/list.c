/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `type: list`: an address or a prefix a line; `#` or `;` begins a comment. The format has no mark
 * of its end, so an empty list is a valid one: whether it may lift what the last one blocked is
 * for the ledger's guard to say.
 */
#include <errno.h>
#include <string.h>

#include "base/prefix.h"
#include "base/array.h"
#include "feed/feed.h"
#include "feed/lines.h"

#define BLANKS " \t\r\v\f"

/* Cuts the comment and the blanks around what stands before it. */
static char *strip(char *line)
{
	char *end;

	line += strspn(line, BLANKS);
	end = line + strcspn(line, "#;");
	while (end > line && strchr(BLANKS, end[-1]))
		end--;
	*end = '\0';
	return line;
}

static int add_prefix(struct feed_batch *batch, const char *text, struct error *error)
{
	struct listing *items = array_grow(batch->listings, batch->listing_count, sizeof(*items));
	struct listing *item;
	int r;

	if (!items)
		return error_set(error, -ENOMEM, "out of memory");
	batch->listings = items;
	item = &items[batch->listing_count];
	item->until = 0;
	r = prefix_parse(text, &item->prefix);
	if (r < 0)
		return error_set(error, -EBADMSG, "\"%.60s\" %s", text, prefix_parse_problem(r));
	batch->listing_count++;
	return 0;
}

static int read_lines(struct lines *lines, struct feed_batch *batch, struct error *error)
{
	int r;

	while ((r = lines_next(lines, error)) > 0) {
		const char *text = strip(lines->text);

		r = *text ? add_prefix(batch, text, error) : 0;
		if (r < 0)
			return lines_locate(lines, r, error);
	}
	return r;
}

static int parse(FILE *stream, const char *name, struct feed_batch **ret, struct error *error)
{
	_cleanup_(feed_batch_freep) struct feed_batch *batch = calloc(1, sizeof(*batch));
	_cleanup_(lines_close) struct lines lines = {0};
	int r;

	if (!batch)
		return error_set(error, -ENOMEM, "%s: out of memory", name);
	batch->kind = CONFIG_FEED_LIST;
	r = lines_open(&lines, stream, name, error);
	if (r < 0)
		return r;
	r = read_lines(&lines, batch, error);
	if (r < 0)
		return r;
	batch->listing_count = listings_sort(batch->listings, batch->listing_count);
	*ret = STEAL(batch);
	return 0;
}

const struct feed_format feed_format_list = {
	.type = "list",
	.kind = CONFIG_FEED_LIST,
	.parse = parse,
};
