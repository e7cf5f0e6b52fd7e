/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/output.h"

/* One screen: the rest is in the JSON. */
#define EVIDENCE_SHOWN 5

static const struct output_column fields[] = {
	PLAIN("source", "prefix"),
	PLAIN("state", "state"),
	PLAIN("mail", "verdict"),
	PLAIN("covered by", "covered"),
	PLAIN("since", "date"),
	PLAIN("until", "until"),
	DURATION("remaining", "remaining"),
	DURATION("sentence", "time"),
	PLAIN("release", "release"),
	PLAIN("wanted by", "sources"),
	PLAIN("reason", "reason"),
	PLAIN("score", "score"),
	PLAIN("offences", "offences"),
	DURATION("next block", "next_time"),
	PLAIN("attempts", "hit_attempts"),
	PLAIN("dropped", "hit_packets"),
	PLAIN("bytes", "hit_bytes"),
};

static const struct output_column counters[] = {
	PLAIN("INTERFACE", "interface"),       PLAIN("SOURCE", "source"),
	PLAIN("PACKETS", "packets"),	       PLAIN("BYTES", "bytes"),
	PLAIN("ATTEMPTS", "attempts"),	       PLAIN("DROPPED", "dropped_packets"),
	PLAIN("DESTINATIONS", "destinations"), PLAIN("LAST SEEN", "last_seen"),
};

/* A sentence of no fixed length has no end to show. */
static void add_until(cJSON *row)
{
	const cJSON *date = cJSON_GetObjectItemCaseSensitive(row, "date");
	const cJSON *time = cJSON_GetObjectItemCaseSensitive(row, "time");
	char until[TIME_TEXT_MAX];
	int64_t began;

	if (!cJSON_IsString(date) || !cJSON_IsNumber(time) || time->valuedouble <= 0)
		return;
	if (time_parse(date->valuestring, &began) < 0)
		return;
	cJSON_AddStringToObject(row, "until",
				time_format(began + (int64_t)time->valuedouble, until));
}

/* The wider prefix that decides: "192.0.2.0/24: drop, wanted by edge". */
static void add_cover(cJSON *row)
{
	const cJSON *cover = cJSON_GetObjectItemCaseSensitive(row, "covered_by");
	_cleanup_free_ char *prefix = NULL, *action = NULL, *sources = NULL, *text = NULL;

	if (!cJSON_IsObject(cover))
		return;
	prefix = output_field(cover, "prefix", OUTPUT_PLAIN);
	action = output_field(cover, "action", OUTPUT_PLAIN);
	sources = output_field(cover, "sources", OUTPUT_PLAIN);
	if (prefix && action && sources &&
	    asprintf(&text, "%s: %s, wanted by %s", prefix, action, sources) >= 0)
		cJSON_AddStringToObject(row, "covered", text);
}

/* The words of OVHcloud's notice to a customer. */
static void print_evidence(const cJSON *mail)
{
	_cleanup_free_ char *date = NULL, *destination = NULL, *message = NULL, *score = NULL;

	date = output_field(mail, "date", OUTPUT_PLAIN);
	destination = output_field(mail, "destination", OUTPUT_PLAIN);
	message = output_field(mail, "message_id", OUTPUT_PLAIN);
	score = output_field(mail, "spam_score", OUTPUT_PLAIN);
	if (date && destination && message && score)
		printf("%s Destination IP: %s - Message-ID: %s - Spam score: %s\n", date,
		       destination, message, score);
}

static void print_all_evidence(const cJSON *evidence)
{
	int count = cJSON_GetArraySize(evidence), shown = 0;
	const cJSON *mail;

	if (count)
		putchar('\n');
	cJSON_ArrayForEach (mail, evidence) {
		if (shown++ == EVIDENCE_SHOWN)
			break;
		print_evidence(mail);
	}
	if (count > EVIDENCE_SHOWN)
		printf("and %d more: see --json\n", count - EVIDENCE_SHOWN);
}

static int print_source(cJSON *row)
{
	const cJSON *counted = cJSON_GetObjectItemCaseSensitive(row, "counters");

	add_until(row);
	add_cover(row);
	if (output_record(row, fields, ARRAY_SIZE(fields)) != CLI_OK)
		return CLI_DEGRADED;
	print_all_evidence(cJSON_GetObjectItemCaseSensitive(row, "evidence"));
	if (cJSON_GetArraySize(counted) == 0)
		return CLI_OK;
	putchar('\n');
	return output_table(counted, counters, ARRAY_SIZE(counters), OUTPUT_HEADING);
}

int cmd_show(const struct cli *cli)
{
	_cleanup_(cJSON_Deletep) cJSON *row = NULL;
	int code = cli_get_source(cli, "/v1/blocks/", &row);

	if (code != CLI_OK)
		return code;
	return cli->option[OPTION_JSON] ? output_json(row) : print_source(row);
}
