/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/clock.h"
#include "base/prefix.h"
#include "cli/output.h"
#include "cli/sentence.h"

static int add_time(cJSON *body, const char *text, struct error *error)
{
	uint64_t seconds;

	if (duration_parse(text, &seconds) < 0 || seconds == 0)
		return error_set(error, -EINVAL,
				 "--for \"%s\": it is a duration such as 90s, 10m, 1h30m or 7d",
				 text);
	cJSON_AddNumberToObject(body, "time", (double)seconds);
	return 0;
}

static int fill_body(const struct cli *cli, cJSON *body, struct error *error)
{
	struct smtpfence_prefix prefix;
	char text[PREFIX_TEXT_MAX];
	int r = cli_parse_prefix(cli->words[0], &prefix, error);

	if (r < 0)
		return r;
	cJSON_AddStringToObject(body, "prefix", prefix_format(&prefix, text));
	if (cli->option[OPTION_REASON])
		cJSON_AddStringToObject(body, "reason", cli->option[OPTION_REASON]);
	if (cli->option[OPTION_FORCE])
		cJSON_AddTrueToObject(body, "force");
	return cli->option[OPTION_FOR] ? add_time(body, cli->option[OPTION_FOR], error) : 0;
}

int cmd_block(const struct cli *cli)
{
	_cleanup_(cJSON_Deletep) cJSON *body = cJSON_CreateObject();
	_cleanup_(cJSON_Deletep) cJSON *row = NULL;
	struct error error = {};
	int r = fill_body(cli, body, &error);

	if (r < 0)
		return cli_usage_error(cli, "%s", error.text);
	r = cli_send(cli, "POST", "/v1/blocks", body, &row, &error);
	return r < 0 ? cli_fail(r, &error) : sentence_print(cli, row);
}
