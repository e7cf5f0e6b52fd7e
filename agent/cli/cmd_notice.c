/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cli.h"
#include "cli/output.h"

int cmd_notice(const struct cli *cli)
{
	_cleanup_(cJSON_Deletep) cJSON *notice = NULL;
	int code = cli_get_source(cli, "/v1/notice/", &notice);

	if (code != CLI_OK)
		return code;
	if (cli->option[OPTION_JSON])
		return output_json(notice);
	return output_text(cJSON_GetObjectItemCaseSensitive(notice, "text"));
}
