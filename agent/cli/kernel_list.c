/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/prefix.h"
#include "cli/arguments.h"
#include "cli/kernel.h"
#include "counters/counters.h"

/* As many rows as one of the daemon's pages. */
#define PAGE_ROWS 5000

/* null without a deadline. */
static cJSON *remaining_json(const struct entry *entry, uint64_t now)
{
	double left = (double)clock_seconds_left(entry->deadline, now);

	return entry->deadline ? cJSON_CreateNumber(left) : cJSON_CreateNull();
}

static bool is_listed(const struct entry *entry, const struct arguments_list *arguments,
		      uint64_t now)
{
	bool drop = entry->action == SMTPFENCE_ACTION_DROP;

	if (entry->deadline && entry->deadline <= now)
		return false;
	if (arguments->state && (!drop || strcmp(arguments->state, "blockedForSpam") != 0))
		return false;
	return !arguments->by_prefix || prefix_contains(&arguments->in, &entry->prefix);
}

static cJSON *entry_sources(void)
{
	static const char *const kernel = "kernel";

	return cJSON_CreateStringArray(&kernel, 1);
}

/* The row of `list`, in the order of the daemon's. */
static cJSON *entry_json(const struct entry *entry, const struct smtpfence_hits *hits, uint64_t now)
{
	_cleanup_(cJSON_Deletep) cJSON *row = cJSON_CreateObject();
	bool drop = entry->action == SMTPFENCE_ACTION_DROP;
	char prefix[PREFIX_TEXT_MAX];

	if (!cJSON_AddStringToObject(row, "prefix", prefix_format(&entry->prefix, prefix)) ||
	    !cJSON_AddStringToObject(row, "action", drop ? "drop" : "allow") ||
	    !cJSON_AddItemToObject(row, "state",
				   drop ? cJSON_CreateString("blockedForSpam")
					: cJSON_CreateNull()) ||
	    !cJSON_AddNullToObject(row, "score") || !cJSON_AddNullToObject(row, "date") ||
	    !cJSON_AddNullToObject(row, "time") ||
	    !cJSON_AddItemToObject(row, "remaining", remaining_json(entry, now)) ||
	    !cJSON_AddNullToObject(row, "offences") ||
	    !cJSON_AddItemToObject(row, "sources", entry_sources()) ||
	    !cJSON_AddNullToObject(row, "reason") ||
	    !cJSON_AddNumberToObject(row, "hit_packets", (double)hits->packets) ||
	    !cJSON_AddNumberToObject(row, "hit_bytes", (double)hits->bytes))
		return NULL;
	return STEAL(row);
}

struct listing {
	struct counters *counters;
	struct arguments_list arguments;
	uint64_t now; /* CLOCK_BOOTTIME, ns */
	page_fn fn;
	void *userdata;
	cJSON *rows; /* owned: of the page that is being filled */
	size_t count;
};

static void listing_clear(struct listing *listing)
{
	cJSON_Delete(listing->rows);
	counters_freep(&listing->counters);
}

/* Hands over the page, and begins another one. */
static int turn_page(struct listing *listing, bool last, struct error *error)
{
	_cleanup_(cJSON_Deletep) cJSON *page = listing->rows;

	listing->rows = cJSON_CreateArray();
	listing->count = 0;
	if (!page || !listing->rows)
		return error_set(error, -ENOMEM, "out of memory");
	return listing->fn(page, last, listing->userdata);
}

static int add_entry(struct listing *listing, const struct entry *entry, struct error *error)
{
	struct smtpfence_hits hits = {};
	int r = listing->count == PAGE_ROWS ? turn_page(listing, false, error) : 0;

	if (r != 0)
		return r;
	r = counters_hits(listing->counters, &entry->prefix, &hits);
	if (r < 0)
		return error_set(error, r, "block_hits: %s", strerror(-r));
	listing->count++;
	if (!cJSON_AddItemToArray(listing->rows, entry_json(entry, &hits, listing->now)))
		return error_set(error, -ENOMEM, "out of memory");
	return 0;
}

static int list_entries(struct listing *listing, struct error *error)
{
	_cleanup_(entries_clear) struct entries entries = {};
	int r = counters_entries(listing->counters, &entries, error);

	for (size_t i = 0; i < entries.count && r == 0; i++)
		if (is_listed(&entries.items[i], &listing->arguments, listing->now))
			r = add_entry(listing, &entries.items[i], error);
	return r == 0 ? turn_page(listing, true, error) : r;
}

int kernel_list(const struct cli *cli, page_fn fn, void *userdata, struct error *error)
{
	_cleanup_(listing_clear) struct listing listing = {.now = clock_boot_ns(),
							   .fn = fn,
							   .userdata = userdata,
							   .rows = cJSON_CreateArray()};
	int r = arguments_list(cli, &listing.arguments, error);

	if (r >= 0)
		r = counters_open(cli->option[OPTION_BPFFS], &listing.counters, error);
	return r < 0 ? r : list_entries(&listing, error);
}
