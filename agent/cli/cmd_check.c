/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/prefix.h"
#include "cli/arguments.h"
#include "cli/client.h"
#include "cli/kernel.h"
#include "cli/output.h"

/* "drop", "blocked", … stand in the answer; people read the sentence. */
static const char *reason_sentence(const char *label)
{
	for (int reason = 0; reason < SMTPFENCE_REASON_COUNT; reason++)
		if (strcmp(counters_reason_label(reason), label) == 0)
			return counters_reason_sentence(reason);
	return label;
}

static void print_entry(const cJSON *answer)
{
	const cJSON *prefix = cJSON_GetObjectItemCaseSensitive(answer, "prefix");
	const cJSON *remaining = cJSON_GetObjectItemCaseSensitive(answer, "remaining");
	_cleanup_free_ char *text = output_value(prefix, OUTPUT_PLAIN);

	if (!text || !cJSON_IsString(prefix))
		return;
	if (cJSON_IsNumber(remaining))
		printf(" (entry %s, %.0f s left)", text, remaining->valuedouble);
	else
		printf(" (entry %s, no deadline)", text);
}

static void print_answer(const struct arguments_check *arguments, const cJSON *answer, bool drop)
{
	_cleanup_free_ char *reason = output_field(answer, "reason", OUTPUT_PLAIN);
	char source[PREFIX_TEXT_MAX], destination[PREFIX_TEXT_MAX];

	printf("%s: %s -> %s port %d: %s", drop ? "drop" : "pass",
	       prefix_format_short(&arguments->source, source),
	       prefix_format_short(&arguments->destination, destination), SMTPFENCE_PORT,
	       reason_sentence(reason ? reason : "-"));
	print_entry(answer);
	putchar('\n');
}

static char *make_target(const struct arguments_check *arguments)
{
	char source[PREFIX_TEXT_MAX], destination[PREFIX_TEXT_MAX];
	const struct client_parameter parameters[] = {
		{"source", prefix_format_short(&arguments->source, source)},
		{"destination", prefix_format_short(&arguments->destination, destination)},
	};

	return client_query("/v1/check", parameters, ARRAY_SIZE(parameters));
}

int cmd_check(const struct cli *cli)
{
	_cleanup_free_ char *target = NULL;
	_cleanup_(cJSON_Deletep) cJSON *answer = NULL;
	struct arguments_check arguments;
	struct error error = {};
	const char *verdict;
	bool drop;
	int r = arguments_check(cli, &arguments, &error);

	if (r < 0)
		return cli_usage_error(cli, "%s", error.text);
	target = make_target(&arguments);
	r = cli_get(cli, target, kernel_check, &answer, &error);
	if (r < 0)
		return cli_fail(r, &error);
	verdict = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "verdict"));
	drop = verdict && strcmp(verdict, "drop") == 0;
	if (cli->option[OPTION_JSON])
		output_json(answer);
	else
		print_answer(&arguments, answer, drop);
	return drop ? CLI_NO : CLI_OK;
}
