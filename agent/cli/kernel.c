/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/kernel.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
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
