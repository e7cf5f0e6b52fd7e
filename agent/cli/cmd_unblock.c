/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/prefix.h"
#include "cli/client.h"
#include "cli/sentence.h"

int cmd_unblock(const struct cli *cli)
{
	_cleanup_(cJSON_Deletep) cJSON *body = cJSON_CreateObject();
	_cleanup_(cJSON_Deletep) cJSON *row = NULL;
	_cleanup_free_ char *target = NULL;
	struct smtpfence_prefix prefix;
	char text[PREFIX_TEXT_MAX];
	struct error error = {};
	int r = cli_parse_prefix(cli->words[0], &prefix, &error);

	if (r < 0)
		return cli_usage_error(cli, "%s", error.text);
	cJSON_AddBoolToObject(body, "force", cli->option[OPTION_FORCE] != NULL);
	cJSON_AddBoolToObject(body, "forgive", cli->option[OPTION_FORGIVE] != NULL);
	target = client_target("/v1/blocks/", prefix_format(&prefix, text), "/unblock");
	r = cli_send(cli, "POST", target, body, &row, &error);
	return r < 0 ? cli_fail(r, &error) : sentence_print(cli, row);
}
