/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `type: ndjson`: a header line, a record a line, an end line that repeats the header's serial and
 * count. A feed that was cut anywhere lacks its end, and is refused like one with a bad record.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/prefix.h"
#include "base/array.h"
#include "feed/feed.h"
#include "feed/json.h"
#include "feed/lines.h"
#include "feed/record.h"

#define FORMAT_VERSION 1

/* Where a source was named, to find the one that is named twice. */
struct place {
	struct smtpfence_prefix prefix;
	unsigned long line;
};

struct reading {
	struct lines lines;
	struct feed_batch *batch;
	struct place *places; /* one an incident */
	uint64_t announced;   /* records, says the header */
	enum { AT_HEADER, AT_RECORDS, AT_END } at;
};

static void reading_clear(struct reading *reading)
{
	lines_close(&reading->lines);
	feed_batch_free(reading->batch);
	free(reading->places);
}

static int get_count(const cJSON *object, const char *name, uint64_t *ret, struct error *error)
{
	int64_t value = 0;
	int r = json_integer(object, name, 0, JSON_INTEGER_MAX, &value, error);

	*ret = (uint64_t)value;
	return json_require(r, name, error);
}

static int check_version(const cJSON *object, struct error *error)
{
	uint64_t version;
	int r = get_count(object, "version", &version, error);

	if (r < 0)
		return r;
	if (version != FORMAT_VERSION)
		return error_set(error, -EBADMSG,
				 "version %" PRIu64 " is not known, only version %d", version,
				 FORMAT_VERSION);
	return 0;
}

static int take_base(const cJSON *object, struct feed_batch *batch, struct error *error)
{
	int r = get_count(object, "base", &batch->base, error);

	if (r < 0)
		return r;
	if (batch->base >= batch->serial)
		return error_set(error, -EBADMSG,
				 "\"base\" %" PRIu64 " must be lower than \"serial\" %" PRIu64,
				 batch->base, batch->serial);
	return 0;
}

/* The first line's type: 1: a delta; 0: a snapshot. */
static int header_is_delta(const cJSON *object, struct error *error)
{
	const char *type = "";
	int r = json_string(object, "type", &type, error);

	if (r < 0)
		return r;
	if (strcmp(type, "delta") != 0 && strcmp(type, "snapshot") != 0)
		return error_set(error, -EBADMSG,
				 "the first line must be a header, of \"type\" \"snapshot\" or "
				 "\"delta\"");
	return strcmp(type, "delta") == 0;
}

static int take_header(struct reading *reading, const cJSON *object, struct error *error)
{
	struct feed_batch *batch = reading->batch;
	int r;

	r = header_is_delta(object, error);
	if (r < 0)
		return r;
	batch->delta = r > 0;
	r = check_version(object, error);
	if (r < 0)
		return r;
	r = get_count(object, "serial", &batch->serial, error);
	if (r < 0)
		return r;
	if (batch->delta) {
		r = take_base(object, batch, error);
		if (r < 0)
			return r;
	}
	r = get_count(object, "records", &reading->announced, error);
	if (r < 0)
		return r;
	r = json_time(object, "generated", &batch->generated, error);
	if (r < 0)
		return r;
	reading->at = AT_RECORDS;
	return 0;
}

static int take_end(struct reading *reading, const cJSON *object, struct error *error)
{
	const struct feed_batch *batch = reading->batch;
	uint64_t serial, records;
	int r;

	r = get_count(object, "serial", &serial, error);
	if (r < 0)
		return r;
	r = get_count(object, "records", &records, error);
	if (r < 0)
		return r;
	if (serial != batch->serial)
		return error_set(error, -EBADMSG,
				 "the end line has serial %" PRIu64 ", but the header has %" PRIu64,
				 serial, batch->serial);
	if (records != reading->announced)
		return error_set(error, -EBADMSG,
				 "the end line tells of %" PRIu64
				 " records, but the header of %" PRIu64,
				 records, reading->announced);
	if (records != batch->incident_count)
		return error_set(error, -EBADMSG,
				 "the feed tells of %" PRIu64 " records, but has %zu", records,
				 batch->incident_count);
	reading->at = AT_END;
	return 0;
}

static int reserve_record(struct reading *reading, struct error *error)
{
	struct feed_batch *batch = reading->batch;
	struct incident *incidents;
	struct place *places;

	incidents = array_grow(batch->incidents, batch->incident_count, sizeof(*incidents));
	if (!incidents)
		return error_set(error, -ENOMEM, "out of memory");
	batch->incidents = incidents;
	places = array_grow(reading->places, batch->incident_count, sizeof(*places));
	if (!places)
		return error_set(error, -ENOMEM, "out of memory");
	reading->places = places;
	return 0;
}

static int take_record(struct reading *reading, const cJSON *object, struct error *error)
{
	struct feed_batch *batch = reading->batch;
	struct incident *incident;
	int r;

	r = reserve_record(reading, error);
	if (r < 0)
		return r;
	incident = &batch->incidents[batch->incident_count];
	r = record_parse(object, &batch->texts, incident, error);
	if (r < 0)
		return r;
	reading->places[batch->incident_count++] = (struct place){
		.prefix = incident->prefix,
		.line = reading->lines.number,
	};
	return 0;
}

/* Behind the header, "type" tells an end line from a record, which has none. */
static int take_record_or_end(struct reading *reading, const cJSON *object, struct error *error)
{
	const char *type = "";
	int r = json_string(object, "type", &type, error);

	if (r < 0)
		return r;
	if (r == 0)
		return take_record(reading, object, error);
	if (strcmp(type, "end") == 0)
		return take_end(reading, object, error);
	return error_set(error, -EBADMSG, "\"type\" \"%.60s\" is not known here: records have none",
			 type);
}

static int take_line(struct reading *reading, struct error *error)
{
	_cleanup_(cJSON_Deletep) cJSON *object = NULL;
	int r = json_line(&reading->lines, &object, error);

	if (r != 0 && reading->at == AT_END)
		return error_set(error, -EBADMSG, "there is text after the end line");
	if (r <= 0)
		return r;
	if (reading->at == AT_HEADER)
		return take_header(reading, object, error);
	return take_record_or_end(reading, object, error);
}

static int read_lines(struct reading *reading, struct error *error)
{
	int r;

	while ((r = lines_next(&reading->lines, error)) > 0) {
		r = take_line(reading, error);
		if (r < 0)
			return lines_locate(&reading->lines, r, error);
	}
	if (r == 0 && reading->at != AT_END) {
		r = error_set(error, -EBADMSG,
			      reading->at == AT_HEADER ? "the feed is empty: it has no header"
						       : "the feed stops without an end line");
		return lines_locate(&reading->lines, r, error);
	}
	return r;
}

static int compare_places(const void *a, const void *b)
{
	const struct place *first = a, *second = b;
	int r = prefix_compare(&first->prefix, &second->prefix);

	return r ? r : (first->line > second->line) - (first->line < second->line);
}

static int refuse_duplicates(const struct reading *reading, struct error *error)
{
	size_t count = reading->batch->incident_count;
	struct place *places = reading->places;
	char text[PREFIX_TEXT_MAX];

	if (count == 0)
		return 0;
	qsort(places, count, sizeof(*places), compare_places);
	for (size_t i = 1; i < count; i++)
		if (prefix_compare(&places[i - 1].prefix, &places[i].prefix) == 0)
			return error_set(error, -EBADMSG, "%s:%lu: %s was named in line %lu before",
					 reading->lines.name, places[i].line,
					 prefix_format_short(&places[i].prefix, text),
					 places[i - 1].line);
	return 0;
}

static int parse(FILE *stream, const char *name, struct feed_batch **ret, struct error *error)
{
	_cleanup_(reading_clear) struct reading reading = {.at = AT_HEADER};
	int r;

	reading.batch = calloc(1, sizeof(*reading.batch));
	if (!reading.batch)
		return error_set(error, -ENOMEM, "%s: out of memory", name);
	reading.batch->kind = CONFIG_FEED_SCORES;
	r = lines_open(&reading.lines, stream, name, error);
	if (r < 0)
		return r;
	r = read_lines(&reading, error);
	if (r < 0)
		return r;
	r = refuse_duplicates(&reading, error);
	if (r < 0)
		return r;
	*ret = STEAL(reading.batch);
	return 0;
}

const struct feed_format feed_format_ndjson = {
	.type = "ndjson",
	.kind = CONFIG_FEED_SCORES,
	.parse = parse,
};
