/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"

static int set_mode(const struct cli *cli, const char *mode, cJSON **ret, struct error *error)
{
	_cleanup_(cJSON_Deletep) cJSON *body = cJSON_CreateObject();

	cJSON_AddStringToObject(body, "mode", mode);
	return cli_send(cli, "PUT", "/v1/mode", body, ret, error);
}

int cmd_mode(const struct cli *cli)
{
	const char *wanted = cli->word_count ? cli->words[0] : NULL;
	_cleanup_(cJSON_Deletep) cJSON *answer = NULL;
	_cleanup_free_ char *mode = NULL;
	struct error error = {};
	int r;

	if (wanted && strcmp(wanted, "enforce") != 0 && strcmp(wanted, "monitor") != 0)
		return cli_usage_error(cli, "\"%s\" is no mode; it is enforce or monitor", wanted);
	if (wanted)
		r = set_mode(cli, wanted, &answer, &error);
	else
		r = cli_get(cli, "/v1/mode", NULL, &answer, &error);
	if (r < 0)
		return cli_fail(r, &error);
	if (cli->option[OPTION_JSON])
		return output_json(answer);
	mode = output_field(answer, "mode", OUTPUT_PLAIN);
	puts(mode ? mode : "-");
	return CLI_OK;
}
