/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forms of DESIGN, section 9. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/prefix.h"
#include "counters/internal.h"

static const char *const sort_names[] = {
	[COUNTERS_SORT_PACKETS] = "packets",	       [COUNTERS_SORT_BYTES] = "bytes",
	[COUNTERS_SORT_ATTEMPTS] = "attempts",	       [COUNTERS_SORT_DROPPED] = "dropped",
	[COUNTERS_SORT_DESTINATIONS] = "destinations",
};

int counters_sort_parse(const char *text, enum counters_sort *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(sort_names); i++) {
		if (strcmp(text, sort_names[i]) == 0) {
			*ret = i;
			return 0;
		}
	}
	return -EINVAL;
}

static __u64 sort_value(const struct counters_source *source, enum counters_sort sort)
{
	switch (sort) {
	case COUNTERS_SORT_BYTES:
		return source->value.bytes;
	case COUNTERS_SORT_ATTEMPTS:
		return source->value.attempts;
	case COUNTERS_SORT_DROPPED:
		return source->value.dropped_packets;
	case COUNTERS_SORT_DESTINATIONS:
		return source->destinations;
	case COUNTERS_SORT_PACKETS:
		break;
	}
	return source->value.packets;
}

/* Largest first; equal ones in a fixed order, so that a list does not jump about. */
static int compare(const void *a, const void *b, void *userdata)
{
	const struct counters_source *one = a, *other = b;
	const enum counters_sort *sort = userdata;
	__u64 left = sort_value(one, *sort), right = sort_value(other, *sort);

	if (left != right)
		return left > right ? -1 : 1;
	if (one->key.ifindex != other->key.ifindex)
		return one->key.ifindex < other->key.ifindex ? -1 : 1;
	return prefix_compare(&one->key.source, &other->key.source);
}

static const char *interface_name(unsigned int ifindex, char text[IF_NAMESIZE])
{
	if (!if_indextoname(ifindex, text))
		snprintf(text, IF_NAMESIZE, "if%u", ifindex);
	return text;
}

/* CLOCK_BOOTTIME to RFC 3339. */
static const char *boot_time_format(__u64 boot_ns, char text[TIME_TEXT_MAX])
{
	int64_t ago = ((int64_t)clock_boot_ns() - (int64_t)boot_ns) / (int64_t)NSEC_PER_SEC;

	return time_format(clock_wall() - ago, text);
}

static bool fill_source(cJSON *row, const struct counters_source *source)
{
	const struct smtpfence_source *value = &source->value;
	char interface[IF_NAMESIZE], prefix[PREFIX_TEXT_MAX];
	char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX];

	return cJSON_AddStringToObject(row, "interface",
				       interface_name(source->key.ifindex, interface)) &&
	       cJSON_AddStringToObject(row, "source",
				       prefix_format_short(&source->key.source, prefix)) &&
	       cJSON_AddNumberToObject(row, "packets", (double)value->packets) &&
	       cJSON_AddNumberToObject(row, "bytes", (double)value->bytes) &&
	       cJSON_AddNumberToObject(row, "attempts", (double)value->attempts) &&
	       cJSON_AddNumberToObject(row, "dropped_packets", (double)value->dropped_packets) &&
	       cJSON_AddNumberToObject(row, "dropped_bytes", (double)value->dropped_bytes) &&
	       cJSON_AddNumberToObject(row, "destinations", source->destinations) &&
	       cJSON_AddStringToObject(row, "first_seen",
				       boot_time_format(value->first_seen, first)) &&
	       cJSON_AddStringToObject(row, "last_seen", boot_time_format(value->last_seen, last));
}

/* @row, or NULL and @row freed. */
static cJSON *keep_if(cJSON *row, bool filled)
{
	if (filled)
		return row;
	cJSON_Delete(row);
	return NULL;
}

cJSON *counters_source_json(const struct counters_source *source)
{
	cJSON *row = cJSON_CreateObject();

	return keep_if(row, fill_source(row, source));
}

int counters_sources_sorted(struct counters *counters, enum counters_sort sort, size_t top,
			    struct counters_source **ret, size_t *ret_count, struct error *error)
{
	int r = counters_sources(counters, ret, ret_count, error);

	if (r < 0)
		return r;
	if (*ret_count > 0)
		qsort_r(*ret, *ret_count, sizeof(**ret), compare, &sort);
	if (top > 0 && top < *ret_count)
		*ret_count = top;
	return 0;
}

cJSON *counters_sources_json(struct counters *counters, enum counters_sort sort, size_t top,
			     struct error *error)
{
	_cleanup_free_ struct counters_source *sources = NULL;
	cJSON *array;
	size_t count;

	if (counters_sources_sorted(counters, sort, top, &sources, &count, error) < 0)
		return NULL;
	array = cJSON_CreateArray();
	for (size_t i = 0; array && i < count; i++)
		array = keep_if(array,
				cJSON_AddItemToArray(array, counters_source_json(&sources[i])));
	if (!array)
		error_set(error, -ENOMEM, "out of memory");
	return array;
}

static bool add_map(cJSON *array, const struct counters_map *map)
{
	cJSON *row = cJSON_CreateObject();

	return cJSON_AddItemToArray(array, row) &&
	       cJSON_AddStringToObject(row, "name", map->name) &&
	       cJSON_AddNumberToObject(row, "entries", (double)map->entries) &&
	       cJSON_AddNumberToObject(row, "max", (double)map->max);
}

cJSON *counters_maps_json(struct counters *counters)
{
	struct counters_map maps[COUNTERS_MAPS];
	size_t count = counters_maps(counters, maps);
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; array && i < count; i++)
		array = keep_if(array, add_map(array, &maps[i]));
	return array;
}

static bool add_remaining(cJSON *object, const struct smtpfence_answer *answer)
{
	uint64_t left = clock_seconds_left(answer->deadline, clock_boot_ns());

	return answer->matched && answer->deadline
		       ? cJSON_AddNumberToObject(object, "remaining", (double)left)
		       : cJSON_AddNullToObject(object, "remaining");
}

static bool fill_check(cJSON *object, const struct smtpfence_prefix *source,
		       const struct smtpfence_prefix *destination,
		       const struct smtpfence_answer *answer)
{
	char text[PREFIX_TEXT_MAX];

	return cJSON_AddStringToObject(object, "source", prefix_format_short(source, text)) &&
	       cJSON_AddStringToObject(object, "destination",
				       prefix_format_short(destination, text)) &&
	       cJSON_AddStringToObject(object, "verdict",
				       answer->verdict == SMTPFENCE_DROP ? "drop" : "pass") &&
	       cJSON_AddStringToObject(object, "reason", counters_reason_label(answer->reason)) &&
	       (answer->matched ? cJSON_AddStringToObject(object, "prefix",
							  prefix_format(&answer->match, text))
				: cJSON_AddNullToObject(object, "prefix")) &&
	       add_remaining(object, answer);
}

cJSON *counters_check_json(const struct smtpfence_prefix *source,
			   const struct smtpfence_prefix *destination,
			   const struct smtpfence_answer *answer)
{
	cJSON *object = cJSON_CreateObject();

	return keep_if(object, fill_check(object, source, destination, answer));
}
