/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/kernel.h"
#include "cli/output.h"

static const cJSON *get(const cJSON *object, const char *field)
{
	return cJSON_GetObjectItemCaseSensitive(object, field);
}

static void print_text(const char *label, const cJSON *value)
{
	_cleanup_free_ char *text = output_value(value, OUTPUT_PLAIN);

	printf("%-11s %s\n", label, text ? text : "-");
}

static void print_interfaces(const cJSON *interfaces)
{
	if (!cJSON_IsObject(interfaces))
		return;
	printf("%-11s %.0f of %.0f covered\n", "interfaces",
	       cJSON_GetNumberValue(get(interfaces, "covered")),
	       cJSON_GetNumberValue(get(interfaces, "total")));
}

static void print_feed(const cJSON *feed)
{
	_cleanup_free_ char *name = output_field(feed, "name", OUTPUT_PLAIN);
	_cleanup_free_ char *state = output_field(feed, "state", OUTPUT_PLAIN);
	_cleanup_free_ char *serial = output_field(feed, "serial", OUTPUT_PLAIN);
	_cleanup_free_ char *records = output_field(feed, "records", OUTPUT_PLAIN);
	_cleanup_free_ char *age = output_field(feed, "age", OUTPUT_DURATION);

	if (name && state && serial && records && age)
		printf("%-11s %s: %s, serial %s, %s records, age %s\n", "feed", name, state, serial,
		       records, age);
}

static void print_usage(const cJSON *receiver)
{
	_cleanup_free_ char *name = output_field(receiver, "name", OUTPUT_PLAIN);
	_cleanup_free_ char *sequence = output_field(receiver, "sequence", OUTPUT_PLAIN);
	_cleanup_free_ char *waiting = output_field(receiver, "waiting", OUTPUT_PLAIN);
	_cleanup_free_ char *dropped = output_field(receiver, "dropped", OUTPUT_PLAIN);
	_cleanup_free_ char *age = output_field(receiver, "age", OUTPUT_DURATION);

	if (name && sequence && waiting && dropped && age)
		printf("%-11s %s: report %s delivered, age %s, %s wait, %s dropped\n", "usage",
		       name, sequence, age, waiting, dropped);
}

#define AGO_TEXT_MAX (DURATION_TEXT_MAX + 8)

/* "12s ago" for a time of the daemon's, or "never". */
static const char *format_ago(const cJSON *time, char text[AGO_TEXT_MAX])
{
	int64_t then, now = clock_wall();
	char duration[DURATION_TEXT_MAX];

	if (!cJSON_IsString(time) || time_parse(time->valuestring, &then) < 0)
		return "never";
	duration_format(now > then ? (uint64_t)(now - then) : 0, duration);
	snprintf(text, AGO_TEXT_MAX, "%s ago", duration);
	return text;
}

static void print_receiver(const cJSON *receiver)
{
	_cleanup_free_ char *name = output_field(receiver, "receiver", OUTPUT_PLAIN);
	_cleanup_free_ char *state = output_field(receiver, "state", OUTPUT_PLAIN);
	_cleanup_free_ char *error = output_field(receiver, "error", OUTPUT_PLAIN);
	char ago[AGO_TEXT_MAX];
	bool failing = state && strcmp(state, "failing") == 0;

	if (name && state && error)
		printf("%-11s %s: %s, %.0f events wait, last taken %s%s%s\n", "notify", name, state,
		       cJSON_GetNumberValue(get(receiver, "pending")),
		       format_ago(get(receiver, "last_success"), ago), failing ? ": " : "",
		       failing ? error : "");
}

static void print_map(const cJSON *map)
{
	_cleanup_free_ char *name = output_field(map, "name", OUTPUT_PLAIN);

	printf("%-11s %s: %.0f of %.0f\n", "map", name ? name : "-",
	       cJSON_GetNumberValue(get(map, "entries")), cJSON_GetNumberValue(get(map, "max")));
}

static void print_status(const cJSON *status)
{
	const cJSON *item;

	print_text("mode", get(status, "mode"));
	print_text("enforcing", get(status, "enforcing"));
	print_interfaces(get(status, "interfaces"));
	cJSON_ArrayForEach (item, get(status, "feeds")) {
		print_feed(item);
	}
	cJSON_ArrayForEach (item, get(status, "usage")) {
		print_usage(item);
	}
	cJSON_ArrayForEach (item, get(status, "notify")) {
		print_receiver(item);
	}
	cJSON_ArrayForEach (item, get(status, "maps")) {
		print_map(item);
	}
	print_text("drift", get(status, "drift"));
	print_text("version", get(status, "version"));
	cJSON_ArrayForEach (item, get(status, "problems")) {
		print_text("problem:", item);
	}
}

int cmd_status(const struct cli *cli)
{
	_cleanup_(cJSON_Deletep) cJSON *status = NULL;
	struct error error = {};
	int r = cli_get(cli, "/v1/status", kernel_status, &status, &error);

	if (r < 0)
		return cli_fail(r, &error);
	if (cli->option[OPTION_JSON])
		output_json(status);
	else
		print_status(status);
	return cJSON_IsFalse(get(status, "degraded")) ? CLI_OK : CLI_DEGRADED;
}
