/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/prefix.h"
#include "cli/client.h"
#include "cli/rows.h"

static const struct output_column columns[] = {
	PLAIN("PREFIX", "prefix"),
	PLAIN("ORIGIN", "origin"),
	PLAIN("ADDED", "added"),
	PLAIN("REASON", "reason"),
};

/* Changes the list by @prefix, which was checked. */
typedef int (*allow_fn)(const struct cli *cli, const char *prefix, cJSON **ret,
			struct error *error);

static int allow_add(const struct cli *cli, const char *prefix, cJSON **ret, struct error *error)
{
	_cleanup_(cJSON_Deletep) cJSON *body = cJSON_CreateObject();

	cJSON_AddStringToObject(body, "prefix", prefix);
	if (cli->option[OPTION_REASON])
		cJSON_AddStringToObject(body, "reason", cli->option[OPTION_REASON]);
	return cli_send(cli, "POST", "/v1/allow", body, ret, error);
}

static int allow_remove(const struct cli *cli, const char *prefix, cJSON **ret, struct error *error)
{
	_cleanup_free_ char *target = client_target("/v1/allow/", prefix, "");

	return cli_send(cli, "DELETE", target, NULL, ret, error);
}

static const struct action {
	const char *name;
	allow_fn run;
	const char *done;
} actions[] = {
	{"add", allow_add, "allowed"},
	{"remove", allow_remove, "no longer allowed"},
};

static int change(const struct cli *cli, const struct action *action)
{
	_cleanup_(cJSON_Deletep) cJSON *answer = NULL;
	struct smtpfence_prefix prefix;
	char text[PREFIX_TEXT_MAX];
	struct error error = {};
	int r;

	if (cli->option[OPTION_REASON] && action->run != allow_add)
		return cli_usage_error(cli, "--reason is only for add");
	if (cli->word_count != 2)
		return cli_usage_error(cli, "%s what? Name an address or prefix", action->name);
	if (cli_parse_prefix(cli->words[1], &prefix, &error) < 0)
		return cli_usage_error(cli, "%s", error.text);
	r = action->run(cli, prefix_format(&prefix, text), &answer, &error);
	if (r < 0)
		return cli_fail(r, &error);
	if (cli->option[OPTION_JSON])
		return output_json(answer);
	printf("%s: %s\n", text, action->done);
	return CLI_OK;
}

static int list(const struct cli *cli)
{
	if (cli->word_count != 1)
		return cli_usage_error(cli, "unexpected argument \"%s\"", cli->words[1]);
	return rows_show(cli, "/v1/allow", NULL, columns, ARRAY_SIZE(columns));
}

int cmd_allow(const struct cli *cli)
{
	if (strcmp(cli->words[0], "list") == 0)
		return list(cli);
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (strcmp(cli->words[0], actions[i].name) == 0)
			return change(cli, &actions[i]);
	return cli_usage_error(cli, "\"%s\": it is add, remove or list", cli->words[0]);
}
