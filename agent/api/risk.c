/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges in danger of a reputation listing: what the ledger knows of them and the kernel counts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "api/input.h"
#include "api/reply.h"
#include "base/prefix.h"
#include "base/value.h"

struct volume {
	uint64_t packets, bytes, attempts;
};

struct row {
	struct ledger_range range;
	size_t sources; /* different ones that the kernel has counted in it */
	size_t ports;	/* of guests, through which they came */
	/* The same frames pass a guest's port and the uplink. */
	struct volume volume[SMTPFENCE_ROLES];
	bool shared;
};

struct table {
	struct row *rows; /* owned; in the order of prefix_compare until it is sorted */
	size_t count;
};

/* What the kernel has counted of a source in one of the rows. */
struct sighting {
	struct row *row;
	const struct counters_source *source;
};

static int compare_key(const void *key, const void *item)
{
	const struct row *row = item;

	return prefix_compare(key, &row->range.prefix);
}

static struct row *find_row(const struct table *table, const struct smtpfence_prefix *source)
{
	const struct smtpfence_prefix range = ledger_range_of(source);

	return table->count ? bsearch(&range, table->rows, table->count, sizeof(*table->rows),
				      compare_key)
			    : NULL;
}

/* A port that is gone belonged to a guest: the uplink stays. */
static enum smtpfence_role role_of(const struct fence *fence, unsigned int ifindex)
{
	for (size_t i = 0; i < fence_interface_count(fence); i++) {
		const struct fence_interface *interface = fence_interface_at(fence, i);

		if (interface->ifindex == ifindex)
			return interface->role;
	}
	return SMTPFENCE_ROLE_GUEST;
}

static int by_source(const void *a, const void *b)
{
	const struct sighting *one = a, *other = b;

	return prefix_compare(&one->source->key.source, &other->source->key.source);
}

static int by_port(const void *a, const void *b)
{
	const struct sighting *one = a, *other = b;

	if (one->row != other->row)
		return one->row < other->row ? -1 : 1;
	return (one->source->key.ifindex > other->source->key.ifindex) -
	       (one->source->key.ifindex < other->source->key.ifindex);
}

static void count_sources(struct sighting *sightings, size_t count)
{
	qsort(sightings, count, sizeof(*sightings), by_source);
	for (size_t i = 0; i < count; i++)
		sightings[i].row->sources +=
			i == 0 || by_source(&sightings[i - 1], &sightings[i]) != 0;
}

static void add_volume(struct volume *sum, const struct smtpfence_source *value)
{
	sum->packets += value->packets;
	sum->bytes += value->bytes;
	sum->attempts += value->attempts;
}

static void count_ports(struct sighting *sightings, size_t count, const struct fence *fence)
{
	qsort(sightings, count, sizeof(*sightings), by_port);
	for (size_t i = 0; i < count; i++) {
		struct row *row = sightings[i].row;
		enum smtpfence_role role = role_of(fence, sightings[i].source->key.ifindex);

		add_volume(&row->volume[role], &sightings[i].source->value);
		if (role == SMTPFENCE_ROLE_GUEST)
			row->ports += i == 0 || by_port(&sightings[i - 1], &sightings[i]) != 0;
	}
}

static int add_counters(const struct table *table, const struct api_context *context,
			struct error *error)
{
	_cleanup_free_ struct counters_source *sources = NULL;
	_cleanup_free_ struct sighting *sightings = NULL;
	size_t count = 0, seen = 0;
	int r = counters_sources(context->counters, &sources, &count, error);

	if (r < 0)
		return r;
	sightings = calloc(count + 1, sizeof(*sightings));
	if (!sightings)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		struct row *row = find_row(table, &sources[i].key.source);

		if (row)
			sightings[seen++] = (struct sighting){row, &sources[i]};
	}
	count_sources(sightings, seen);
	count_ports(sightings, seen, context->fence);
	return 0;
}

static int make_table(const struct api_context *context, struct table *table, struct error *error)
{
	_cleanup_free_ struct ledger_range *ranges = NULL;
	int r = ledger_ranges(context->ledger, &ranges, &table->count, error);

	if (r < 0)
		return r;
	table->rows = calloc(table->count + 1, sizeof(*table->rows));
	if (!table->rows)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < table->count; i++)
		table->rows[i].range = ranges[i];
	r = add_counters(table, context, error);
	for (size_t i = 0; i < table->count; i++) {
		struct row *row = &table->rows[i];

		row->shared = row->range.split || row->range.blocked_recently > 1 ||
			      row->sources > 1 || row->ports > 1;
	}
	return r;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* A frame that was counted twice is one, and one that only the uplink saw is one as well. */
static struct volume volume_of(const struct row *row)
{
	const struct volume *guest = &row->volume[SMTPFENCE_ROLE_GUEST];
	const struct volume *uplink = &row->volume[SMTPFENCE_ROLE_UPLINK];

	return (struct volume){larger(guest->packets, uplink->packets),
			       larger(guest->bytes, uplink->bytes),
			       larger(guest->attempts, uplink->attempts)};
}

/* Positive: @b goes before @a. */
static int more(uint64_t a, uint64_t b)
{
	return (b > a) - (b < a);
}

/* First where neighbours are at stake, then by what was done. */
static int worst_first(const void *a, const void *b)
{
	const struct row *one = a, *other = b;
	int order = more(one->shared, other->shared);

	if (order == 0)
		order = more(one->range.blocked_now, other->range.blocked_now);
	if (order == 0)
		order = more(one->range.blocked_recently, other->range.blocked_recently);
	if (order == 0)
		order = more(one->range.spams, other->range.spams);
	if (order == 0)
		order = more(volume_of(one).attempts, volume_of(other).attempts);
	return order ? order : prefix_compare(&one->range.prefix, &other->range.prefix);
}

static cJSON *row_json(const struct row *row)
{
	const struct ledger_range *range = &row->range;
	const struct volume volume = volume_of(row);
	cJSON *object = cJSON_CreateObject();
	bool complete =
		value_add(object, "range", value_prefix(&range->prefix)) &&
		value_add(object, "shared", cJSON_CreateBool(row->shared)) &&
		value_add(object, "blocked_now", cJSON_CreateNumber((double)range->blocked_now)) &&
		value_add(object, "blocked_30d",
			  cJSON_CreateNumber((double)range->blocked_recently)) &&
		value_add(object, "spams", cJSON_CreateNumber((double)range->spams)) &&
		value_add(object, "sources", cJSON_CreateNumber((double)row->sources)) &&
		value_add(object, "ports", cJSON_CreateNumber((double)row->ports)) &&
		value_add(object, "packets", cJSON_CreateNumber((double)volume.packets)) &&
		value_add(object, "bytes", cJSON_CreateNumber((double)volume.bytes)) &&
		value_add(object, "attempts", cJSON_CreateNumber((double)volume.attempts));

	return value_if(complete, object);
}

static int reply_table(const struct table *table, size_t top, struct reply *reply,
		       struct error *error)
{
	struct reply_array array = {};
	size_t count = top > 0 && top < table->count ? top : table->count;
	int r = reply_array_open(&array, error);

	for (size_t i = 0; r >= 0 && i < count; i++)
		r = reply_array_add(&array, row_json(&table->rows[i]));
	if (r >= 0)
		r = reply_array_finish(&array, reply, error);
	reply_array_clear(&array);
	return r;
}

int risk_get(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	struct table table = {};
	int64_t top = 0;
	int r = input_query_number(request, "top", 0, INT32_MAX, &top, error);

	if (r < 0)
		return r;
	r = make_table(&api->context, &table, error);
	if (r >= 0) {
		qsort(table.rows, table.count, sizeof(*table.rows), worst_first);
		r = reply_table(&table, (size_t)top, reply, error);
	}
	free(table.rows);
	return r;
}
