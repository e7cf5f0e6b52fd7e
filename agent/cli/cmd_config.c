/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "config/config.h"

static int print_json(const char *path, const char *problem)
{
	_cleanup_(cJSON_Deletep) cJSON *answer = cJSON_CreateObject();

	cJSON_AddStringToObject(answer, "file", path);
	cJSON_AddBoolToObject(answer, "ok", !problem);
	if (problem)
		cJSON_AddStringToObject(answer, "error", problem);
	else
		cJSON_AddNullToObject(answer, "error");
	return output_json(answer);
}

int cmd_config(const struct cli *cli)
{
	_cleanup_(config_freep) struct config *config = NULL;
	const char *path = cli->words[1];
	struct error error = {};
	bool bad;

	if (strcmp(cli->words[0], "check") != 0)
		return cli_usage_error(cli, "\"%s\": only \"check FILE\" is known", cli->words[0]);
	bad = config_load(path, &config, &error) < 0;
	if (cli->option[OPTION_JSON])
		print_json(path, bad ? error.text : NULL);
	else if (bad) /* nothing before FILE:LINE:COLUMN, so that editors find the place */
		fprintf(stderr, "%s\n", error.text);
	else
		printf("%s: ok\n", path);
	return bad ? CLI_USAGE : CLI_OK;
}
