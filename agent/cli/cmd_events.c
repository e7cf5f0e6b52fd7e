/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/output.h"

static const struct output_column columns[] = {
	{"TIME", "ts", OUTPUT_PLAIN, 20},
	{"EVENT", "event", OUTPUT_PLAIN, 10},
	{"PREFIX", "prefix", OUTPUT_PLAIN, 24},
	{"STATE", "state", OUTPUT_PLAIN, 14},
	{"FOR", "time", OUTPUT_DURATION, 6},
	{"SOURCE", "source", OUTPUT_PLAIN, 16},
	PLAIN("REASON", "reason"),
};

struct follower {
	double last;   /* id of the newest event that was printed */
	bool any;      /* there was one: the table has its heading */
	bool silenced; /* it was said already that the daemon is away */
};

static int print_events(const struct cli *cli, cJSON *events, enum output_heading heading)
{
	cJSON *event;

	if (!cli->option[OPTION_JSON])
		return output_table(events, columns, ARRAY_SIZE(columns), heading);
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

/* The events live in the daemon's store: while it restarts none is missed. */
static int poll_events(const struct cli *cli, struct follower *follower, struct error *error)
{
	_cleanup_(cJSON_Deletep) cJSON *events = NULL;
	_cleanup_free_ char *target = NULL;
	int r;

	if (asprintf(&target, "/v1/events?after=%.0f", follower->last) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	r = cli_get(cli, target, NULL, &events, error);
	if (r == -ENOTCONN) {
		if (!follower->silenced)
			cli_fail(r, error);
		follower->silenced = true;
		return CLI_OK;
	}
	if (r < 0)
		return r;
	follower->silenced = false;
	return print_new(cli, follower, events);
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* Until SIGINT or SIGTERM, which cut the pause short. */
static int follow(const struct cli *cli, struct follower *follower)
{
	const struct sigaction action = {.sa_handler = on_interrupt};
	const struct timespec second = {.tv_sec = 1};
	struct error error = {};
	int r = CLI_OK;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (r == CLI_OK && !interrupted && nanosleep(&second, NULL) == 0)
		r = poll_events(cli, follower, &error);
	return r < 0 ? cli_fail(r, &error) : r;
}

int cmd_events(const struct cli *cli)
{
	_cleanup_(cJSON_Deletep) cJSON *events = NULL;
	struct follower follower = {};
	struct error error = {};
	int r = cli_get(cli, "/v1/events", NULL, &events, &error);

	if (r < 0)
		return cli_fail(r, &error);
	if (!cli->option[OPTION_FOLLOW])
		return print_events(cli, events, OUTPUT_HEADING);
	r = print_new(cli, &follower, events);
	return r == CLI_OK ? follow(cli, &follower) : r;
}
