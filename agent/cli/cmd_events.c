/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/arguments.h"
#include "cli/output.h"

static const struct output_column columns[] = {
	{"TIME", "ts", OUTPUT_PLAIN, 20},    {"EVENT", "event", OUTPUT_PLAIN, 10},
	{"WHAT", "what", OUTPUT_PLAIN, 24},  {"STATE", "state", OUTPUT_PLAIN, 14},
	{"FOR", "time", OUTPUT_DURATION, 6}, {"SOURCE", "source", OUTPUT_PLAIN, 16},
	PLAIN("REASON", "reason"),
};

/* The daemon answers as soon as there is something new, and otherwise after so many seconds. */
#define REST_TARGET   "/v1/events?after=%.0f&limit=500"
#define FOLLOW_TARGET "/v1/events?after=%.0f&limit=500&wait=20"

struct follower {
	double last; /* id of the newest event that was printed */
	bool any;    /* there was one: the table has its heading */
	bool away;   /* the daemon is, and this was said */
};

/* An event is about a prefix, an interface or neither. */
static bool add_what(cJSON *event)
{
	const cJSON *prefix = cJSON_GetObjectItemCaseSensitive(event, "prefix");
	const cJSON *interface = cJSON_GetObjectItemCaseSensitive(event, "interface");

	return cJSON_AddItemReferenceToObject(
		event, "what", (cJSON *)(cJSON_IsString(prefix) ? prefix : interface));
}

static int print_table(cJSON *events, enum output_heading heading)
{
	cJSON *event;

	cJSON_ArrayForEach (event, events) {
		if (!add_what(event))
			return CLI_DEGRADED;
	}
	return output_table(events, columns, ARRAY_SIZE(columns), heading);
}

static int print_events(const struct cli *cli, cJSON *events, enum output_heading heading)
{
	cJSON *event;

	if (!cli->option[OPTION_JSON])
		return print_table(events, heading);
	cJSON_ArrayForEach (event, events) {
		int status = output_json_line(event);

		if (status != CLI_OK)
			return status;
	}
	return CLI_OK;
}

static int print_new(const struct cli *cli, struct follower *follower, cJSON *events)
{
	int count = cJSON_GetArraySize(events), status;
	const cJSON *last = cJSON_GetArrayItem(events, count - 1);

	if (count == 0)
		return CLI_OK;
	status = print_events(cli, events, follower->any ? OUTPUT_NO_HEADING : OUTPUT_HEADING);
	follower->any = true;
	follower->last = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(last, "id"));
	return fflush(stdout) == 0 ? status : CLI_DEGRADED;
}

/* The daemon may restart: the events live in its store, so that none is missed. */
static int wait_for_daemon(struct follower *follower, const struct error *error)
{
	if (!follower->away)
		fprintf(stderr, "smtpfence: %s; waiting, to go on after event %.0f\n", error->text,
			follower->last);
	follower->away = true;
	sleep(1);
	return CLI_OK;
}

/* Its store was replaced, and the events have begun anew. */
static int begin_anew(struct follower *follower, const struct error *error)
{
	fprintf(stderr, "smtpfence: %s: from the first one on\n", error->text);
	follower->last = 0;
	return CLI_OK;
}

static int follow_once(const struct cli *cli, struct follower *follower)
{
	_cleanup_(cJSON_Deletep) cJSON *events = NULL;
	_cleanup_free_ char *target = NULL;
	struct error error = {};
	int r;

	if (asprintf(&target, FOLLOW_TARGET, follower->last) < 0)
		target = NULL;
	r = cli_get(cli, target, NULL, &events, &error);
	if (r == -ENOTCONN || r == -EREMOTEIO)
		return wait_for_daemon(follower, &error);
	if (r == -EBUSY && follower->last > 0)
		return begin_anew(follower, &error);
	if (r < 0)
		return cli_fail(r, &error);
	if (follower->away)
		fputs("smtpfence: the daemon is back\n", stderr);
	follower->away = false;
	return print_new(cli, follower, events);
}

/* Until it is interrupted, by a signal or by whoever reads it. */
static int follow(const struct cli *cli, struct follower *follower)
{
	int status = CLI_OK;

	while (status == CLI_OK)
		status = follow_once(cli, follower);
	return status;
}

/* What there is now behind follower->last, in answers that are not large in memory. */
static int print_rest(const struct cli *cli, struct follower *follower)
{
	int status = CLI_OK;
	double before;

	do {
		_cleanup_(cJSON_Deletep) cJSON *events = NULL;
		_cleanup_free_ char *target = NULL;
		struct error error = {};
		int r;

		before = follower->last;
		if (asprintf(&target, REST_TARGET, before) < 0)
			target = NULL;
		r = cli_get(cli, target, NULL, &events, &error);
		if (r < 0)
			return cli_fail(r, &error);
		status = print_new(cli, follower, events);
	} while (status == CLI_OK && follower->last > before);
	return status;
}

static int print_last(const struct cli *cli, struct follower *follower)
{
	_cleanup_(cJSON_Deletep) cJSON *events = NULL;
	struct error error = {};
	int r = cli_get(cli, "/v1/events", NULL, &events, &error);

	return r < 0 ? cli_fail(r, &error) : print_new(cli, follower, events);
}

int cmd_events(const struct cli *cli)
{
	struct follower follower = {};
	struct error error = {};
	size_t after;
	int status;

	if (arguments_after(cli, &after, &error) < 0)
		return cli_usage_error(cli, "%s", error.text);
	follower.last = (double)after;
	status =
		cli->option[OPTION_AFTER] ? print_rest(cli, &follower) : print_last(cli, &follower);
	if (status != CLI_OK || !cli->option[OPTION_FOLLOW])
		return status;
	return follow(cli, &follower);
}
