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
	struct smtpfence_prefix *items;
	int r;

	items = array_grow(batch->prefixes, batch->prefix_count, sizeof(*items));
	if (!items)
		return error_set(error, -ENOMEM, "out of memory");
	batch->prefixes = items;
	r = prefix_parse(text, &items[batch->prefix_count]);
	if (r < 0)
		return error_set(error, -EBADMSG, "\"%.60s\" %s", text, prefix_parse_problem(r));
	batch->prefix_count++;
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

static int compare(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

static void sort_and_deduplicate(struct feed_batch *batch)
{
	struct smtpfence_prefix *items = batch->prefixes;
	size_t kept = 0;

	if (batch->prefix_count == 0)
		return;
	qsort(items, batch->prefix_count, sizeof(*items), compare);
	for (size_t i = 1; i < batch->prefix_count; i++)
		if (prefix_compare(&items[kept], &items[i]) != 0)
			items[++kept] = items[i];
	batch->prefix_count = kept + 1;
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
	sort_and_deduplicate(batch);
	*ret = STEAL(batch);
	return 0;
}

const struct feed_format feed_format_list = {
	.type = "list",
	.kind = CONFIG_FEED_LIST,
	.parse = parse,
};
