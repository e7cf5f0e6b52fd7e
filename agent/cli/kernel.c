/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/kernel.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/prefix.h"
#include "cli/arguments.h"
#include "counters/rates.h"

static int out_of_memory(struct error *error)
{
	return error_set(error, -ENOMEM, "out of memory");
}

static int open_maps(const struct cli *cli, struct counters **ret, struct error *error)
{
	return counters_open(cli->option[OPTION_BPFFS], ret, error);
}

static const char *mode_name(const struct smtpfence_settings *settings)
{
	return settings->mode == SMTPFENCE_MODE_MONITOR ? "monitor" : "enforce";
}

/* @counters may be NULL: nothing is loaded. */
static bool add_mode(cJSON *status, struct counters *counters)
{
	struct smtpfence_settings settings;
	bool known = counters && counters_settings(counters, &settings) >= 0;
	bool enforcing = known && settings.mode == SMTPFENCE_MODE_ENFORCE;
	cJSON *mode = known ? cJSON_CreateString(mode_name(&settings)) : cJSON_CreateNull();

	return cJSON_AddItemToObject(status, "mode", mode) &&
	       cJSON_AddBoolToObject(status, "enforcing", enforcing) &&
	       cJSON_AddBoolToObject(status, "degraded", true);
}

static bool add_problem(cJSON *problems, const char *text)
{
	return cJSON_AddItemToArray(problems, cJSON_CreateString(text));
}

/* @maps_problem: why there are no maps; may be empty. */
static bool add_problems(cJSON *status, const struct cli *cli, const char *maps_problem)
{
	cJSON *problems = cJSON_AddArrayToObject(status, "problems");
	struct error daemon;

	error_set(&daemon, 0, "smtpfenced is not running at %s", cli->option[OPTION_SOCKET]);
	return add_problem(problems, daemon.text) &&
	       (!maps_problem[0] || add_problem(problems, maps_problem));
}

static bool add_maps(cJSON *status, struct counters *counters)
{
	cJSON *maps = counters ? counters_maps_json(counters) : cJSON_CreateArray();

	return cJSON_AddItemToObject(status, "maps", maps);
}

int kernel_status(const struct cli *cli, cJSON **ret, struct error *error)
{
	_cleanup_(counters_freep) struct counters *counters = NULL;
	_cleanup_(cJSON_Deletep) cJSON *status = cJSON_CreateObject();
	struct error problem = {};
	int r = open_maps(cli, &counters, &problem);

	if (r == -EPERM)
		return error_set(error, r, "%s", problem.text);
	if (!add_mode(status, counters) || !add_problems(status, cli, problem.text) ||
	    !cJSON_AddNullToObject(status, "interfaces") ||
	    !cJSON_AddNullToObject(status, "feeds") || !cJSON_AddNullToObject(status, "usage") ||
	    !add_maps(status, counters) || !cJSON_AddNullToObject(status, "drift") ||
	    !cJSON_AddNullToObject(status, "version"))
		return out_of_memory(error);
	*ret = STEAL(status);
	return 0;
}

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

static int list_entries(struct counters *counters, const struct arguments_list *arguments,
			cJSON *rows, struct error *error)
{
	_cleanup_(entries_clear) struct entries entries = {};
	uint64_t now = clock_boot_ns();
	int r = counters_entries(counters, &entries, error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < entries.count; i++) {
		struct smtpfence_hits hits = {};

		if (!is_listed(&entries.items[i], arguments, now))
			continue;
		r = counters_hits(counters, &entries.items[i].prefix, &hits);
		if (r < 0)
			return error_set(error, r, "block_hits: %s", strerror(-r));
		if (!cJSON_AddItemToArray(rows, entry_json(&entries.items[i], &hits, now)))
			return out_of_memory(error);
	}
	return 0;
}

int kernel_list(const struct cli *cli, cJSON **ret, struct error *error)
{
	_cleanup_(counters_freep) struct counters *counters = NULL;
	_cleanup_(cJSON_Deletep) cJSON *rows = cJSON_CreateArray();
	struct arguments_list arguments;
	int r = arguments_list(cli, &arguments, error);

	if (r >= 0)
		r = open_maps(cli, &counters, error);
	if (r >= 0)
		r = list_entries(counters, &arguments, rows, error);
	if (r < 0)
		return r;
	*ret = STEAL(rows);
	return 0;
}

int kernel_counters(const struct cli *cli, cJSON **ret, struct error *error)
{
	_cleanup_(counters_freep) struct counters *counters = NULL;
	struct arguments_counters arguments;
	int r = arguments_counters(cli, &arguments, error);

	if (r >= 0)
		r = open_maps(cli, &counters, error);
	if (r < 0)
		return r;
	*ret = counters_sources_json(counters, arguments.sort, arguments.top, error);
	return *ret ? 0 : -EIO;
}

int kernel_rates(const struct cli *cli, cJSON **ret, struct error *error)
{
	static struct looks *looks;
	static struct rates_request request;
	_cleanup_(counters_freep) struct counters *counters = NULL;
	struct arguments_counters arguments;
	int r = arguments_counters(cli, &arguments, error);

	if (r >= 0)
		r = open_maps(cli, &counters, error);
	if (r < 0)
		return r;
	if (!looks)
		looks = looks_new();
	if (!looks)
		return out_of_memory(error);
	request.sort = arguments.sort;
	request.top = arguments.top;
	*ret = rates_json(counters, looks, &request, error);
	if (!*ret)
		return -EIO;
	request.since = (uint64_t)cJSON_GetNumberValue(cJSON_GetObjectItem(*ret, "look"));
	return 0;
}

int kernel_check(const struct cli *cli, cJSON **ret, struct error *error)
{
	_cleanup_(counters_freep) struct counters *counters = NULL;
	struct arguments_check arguments;
	struct smtpfence_answer answer;
	int r = arguments_check(cli, &arguments, error);

	if (r >= 0)
		r = open_maps(cli, &counters, error);
	if (r >= 0)
		r = counters_check(counters, &arguments.source, &arguments.destination, &answer,
				   error);
	if (r < 0)
		return r;
	*ret = counters_check_json(&arguments.source, &arguments.destination, &answer);
	return *ret ? 0 : out_of_memory(error);
}
