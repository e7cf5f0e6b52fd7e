/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/prefix.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/output.h"

int cmd_notice(const struct cli *cli)
{
	_cleanup_(cJSON_Deletep) cJSON *notice = NULL;
	_cleanup_free_ char *target = NULL;
	struct smtpfence_prefix prefix;
	char text[PREFIX_TEXT_MAX];
	struct error error = {};
	int r;

	if (cli_parse_prefix(cli->words[0], &prefix, &error) < 0)
		return cli_usage_error(cli, "%s", error.text);
	target = client_target("/v1/notice/", prefix_format(&prefix, text), "");
	r = cli_get(cli, target, NULL, &notice, &error);
	if (r < 0)
		return cli_fail(r, &error);
	if (cli->option[OPTION_JSON])
		return output_json(notice);
	return output_text(cJSON_GetObjectItemCaseSensitive(notice, "text"));
}
