/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/sentence.h"

#include <stdio.h>

#include "cli/output.h"

int sentence_print(const struct cli *cli, cJSON *row)
{
	const cJSON *left = cJSON_GetObjectItemCaseSensitive(row, "remaining");
	_cleanup_free_ char *prefix = NULL, *state = NULL, *remaining = NULL;

	if (cli->option[OPTION_JSON])
		return output_json(row);
	prefix = output_field(row, "prefix", OUTPUT_PLAIN);
	state = output_field(row, "state", OUTPUT_PLAIN);
	remaining = output_value(left, OUTPUT_DURATION);
	if (!prefix || !state || !remaining)
		return CLI_DEGRADED;
	if (cJSON_IsNumber(left) && left->valuedouble > 0)
		printf("%s: %s, %s left\n", prefix, state, remaining);
	else
		printf("%s: %s\n", prefix, state);
	return CLI_OK;
}
