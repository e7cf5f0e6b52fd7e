/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `type: drop`: Spamhaus DROP as JSON lines (drop_v4.json, drop_v6.json): a network a line, and a
 * last line of metadata that tells how many there are. A list that was cut anywhere lacks it, and
 * is refused like one with a bad line.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/prefix.h"
#include "feed/feed.h"
#include "feed/json.h"
#include "feed/lines.h"

struct reading {
	struct lines lines;
	struct feed_batch *batch;
	bool at_end; /* the metadata line was read */
};

static void reading_clear(struct reading *reading)
{
	lines_close(&reading->lines);
	feed_batch_free(reading->batch);
}

static int take_network(struct feed_batch *batch, const cJSON *object, struct error *error)
{
	struct listing *items = array_grow(batch->listings, batch->listing_count, sizeof(*items));
	struct listing *item;
	const char *text = "";
	int r;

	if (!items)
		return error_set(error, -ENOMEM, "out of memory");
	batch->listings = items;
	item = &items[batch->listing_count];
	item->until = 0;
	r = json_require(json_string(object, "cidr", &text, error), "cidr", error);
	if (r < 0)
		return r;
	r = prefix_parse(text, &item->prefix);
	if (r < 0)
		return error_set(error, -EBADMSG, "\"cidr\": \"%.60s\" %s", text,
				 prefix_parse_problem(r));
	batch->listing_count++;
	return 0;
}

static int take_metadata(struct reading *reading, const cJSON *object, struct error *error)
{
	struct feed_batch *batch = reading->batch;
	int64_t records = 0;
	int r = json_integer(object, "records", 0, JSON_INTEGER_MAX, &records, error);

	r = json_require(r, "records", error);
	if (r >= 0)
		r = json_integer(object, "timestamp", 0, JSON_INTEGER_MAX, &batch->generated,
				 error);
	if (r < 0)
		return r;
	if ((uint64_t)records != batch->listing_count)
		return error_set(error, -EBADMSG,
				 "the metadata tells of %" PRId64 " records, but there are %zu",
				 records, batch->listing_count);
	reading->at_end = true;
	return 0;
}

/* The metadata has a "type", a network has none. */
static int take_object(struct reading *reading, const cJSON *object, struct error *error)
{
	const char *type = "";
	int r = json_string(object, "type", &type, error);

	if (r < 0)
		return r;
	if (r == 0)
		return take_network(reading->batch, object, error);
	if (strcmp(type, "metadata") == 0)
		return take_metadata(reading, object, error);
	return error_set(error, -EBADMSG, "\"type\" \"%.60s\" is not known, only \"metadata\"",
			 type);
}

static int take_line(struct reading *reading, struct error *error)
{
	_cleanup_(cJSON_Deletep) cJSON *object = NULL;
	int r = json_line(&reading->lines, &object, error);

	if (r != 0 && reading->at_end)
		return error_set(error, -EBADMSG, "there is text after the metadata line");
	return r <= 0 ? r : take_object(reading, object, error);
}

static int read_lines(struct reading *reading, struct error *error)
{
	int r;

	while ((r = lines_next(&reading->lines, error)) > 0) {
		r = take_line(reading, error);
		if (r < 0)
			return lines_locate(&reading->lines, r, error);
	}
	if (r == 0 && !reading->at_end) {
		r = error_set(error, -EBADMSG, "the list stops without its metadata line");
		return lines_locate(&reading->lines, r, error);
	}
	return r;
}

static int parse(FILE *stream, const char *name, struct feed_batch **ret, struct error *error)
{
	_cleanup_(reading_clear) struct reading reading = {0};
	struct feed_batch *batch = calloc(1, sizeof(*batch));
	int r;

	if (!batch)
		return error_set(error, -ENOMEM, "%s: out of memory", name);
	reading.batch = batch;
	batch->kind = CONFIG_FEED_LIST;
	r = lines_open(&reading.lines, stream, name, error);
	if (r >= 0)
		r = read_lines(&reading, error);
	if (r < 0)
		return r;
	batch->listing_count = listings_sort(batch->listings, batch->listing_count);
	*ret = STEAL(reading.batch);
	return 0;
}

const struct feed_format feed_format_drop = {
	.type = "drop",
	.kind = CONFIG_FEED_LIST,
	.parse = parse,
};
