/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/rows.h"

static const struct output_column columns[] = {
	PLAIN("NAME", "name"),	     PLAIN("STATE", "state"),
	PLAIN("SERIAL", "serial"),   DURATION("AGE", "age"),
	PLAIN("RECORDS", "records"), PLAIN("CONNECTED", "connected"),
	PLAIN("BEHIND", "behind"),   PLAIN("NEXT READING", "next_reading"),
	PLAIN("URL", "url"),	     PLAIN("ERROR", "error"),
};

/* While a feed is at work it is looked at so often. */
static const struct timespec look_again = {.tv_nsec = 100000000};

static const char *text_of(const cJSON *feed, const char *field)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(feed, field));

	return text ? text : "";
}

static const cJSON *find(const cJSON *feeds, const char *name)
{
	const cJSON *feed;

	cJSON_ArrayForEach (feed, feeds)
		if (strcmp(text_of(feed, "name"), name) == 0)
			return feed;
	return NULL;
}

/* @verb of one feed; the answer is how it stands right after. */
static int ask(const struct cli *cli, const char *name, const char *verb, const cJSON *body,
	       struct error *error)
{
	_cleanup_(cJSON_Deletep) cJSON *answer = NULL;
	char behind[16];
	_cleanup_free_ char *target = NULL;

	snprintf(behind, sizeof(behind), "/%s", verb);
	target = client_target("/v1/feeds/", name, behind);
	return cli_send(cli, "POST", target, body, &answer, error);
}

/* A line that is painted over, for a person only. */
static void show_progress(const cJSON *feed)
{
	const cJSON *progress = cJSON_GetObjectItem(feed, "progress");
	const cJSON *total = cJSON_GetObjectItem(progress, "total");

	if (!isatty(STDERR_FILENO) || !cJSON_IsObject(progress))
		return;
	if (cJSON_IsNumber(total))
		fprintf(stderr, "\r\033[K%s: %.0f of %.0f changes", text_of(feed, "name"),
			cJSON_GetNumberValue(cJSON_GetObjectItem(progress, "done")),
			total->valuedouble);
	else
		fprintf(stderr, "\r\033[K%s: being read", text_of(feed, "name"));
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* Looks at the feed until it is at rest. */
static int await(const struct cli *cli, const char *name, cJSON **ret, struct error *error)
{
	for (;;) {
		_cleanup_(cJSON_Deletep) cJSON *feeds = NULL;
		const cJSON *feed;
		int r = cli_get(cli, "/v1/feeds", NULL, &feeds, error);

		if (r < 0)
			return r;
		feed = find(feeds, name);
		if (!feed)
			return error_set(error, -ENOENT, "there is no feed \"%s\" any more", name);
		if (!cJSON_IsObject(cJSON_GetObjectItem(feed, "progress"))) {
			end_progress();
			*ret = cJSON_Duplicate(feed, true);
			return *ret ? 0 : error_set(error, -ENOMEM, "out of memory");
		}
		show_progress(feed);
		nanosleep(&look_again, NULL);
	}
}

/* How it ended; the exit status is 0 where that is well. */
static int tell(const struct cli *cli, cJSON *feed)
{
	const char *state = text_of(feed, "state");
	bool well = strcmp(state, "ok") == 0 || strcmp(state, "paused") == 0;
	_cleanup_free_ char *records = output_field(feed, "records", OUTPUT_PLAIN);
	_cleanup_free_ char *problem = output_field(feed, "error", OUTPUT_PLAIN);

	if (cli->option[OPTION_JSON]) {
		int status = output_json(feed);

		return status == CLI_OK && !well ? CLI_NO : status;
	}
	if (well)
		printf("%s: %s, %s records\n", text_of(feed, "name"), state,
		       records ? records : "-");
	else
		fprintf(stderr, "smtpfence: %s: %s\n", state, problem ? problem : "-");
	return well ? CLI_OK : CLI_NO;
}

static int finish(const struct cli *cli, const char *name)
{
	_cleanup_(cJSON_Deletep) cJSON *feed = NULL;
	struct error error = {};
	int r = await(cli, name, &feed, &error);

	return r < 0 ? cli_fail(r, &error) : tell(cli, feed);
}

static int sync_one(const struct cli *cli, const char *name)
{
	_cleanup_(cJSON_Deletep) cJSON *body = cJSON_CreateObject();
	struct error error = {};
	int r;

	cJSON_AddBoolToObject(body, "reset", cli->option[OPTION_RESET] != NULL);
	r = ask(cli, name, "sync", body, &error);
	return r < 0 ? cli_fail(r, &error) : finish(cli, name);
}

/* Every feed that is not paused; the worst exit status of all. */
static int sync_all(const struct cli *cli)
{
	_cleanup_(cJSON_Deletep) cJSON *feeds = NULL;
	struct error error = {};
	int r = cli_get(cli, "/v1/feeds", NULL, &feeds, &error), worst = CLI_OK;
	const cJSON *feed;

	if (r < 0)
		return cli_fail(r, &error);
	cJSON_ArrayForEach (feed, feeds) {
		int status;

		if (strcmp(text_of(feed, "state"), "paused") == 0)
			continue;
		status = sync_one(cli, text_of(feed, "name"));
		worst = status > worst ? status : worst;
	}
	return worst;
}

static int cmd_sync(const struct cli *cli)
{
	if (cli->word_count == 2)
		return sync_one(cli, cli->words[1]);
	if (cli->option[OPTION_RESET])
		return cli_usage_error(cli, "--reset is for one feed: name it");
	return sync_all(cli);
}

/* The number of the reading that is held says which one is meant. */
static int ask_to_apply(const struct cli *cli, const char *name, struct error *error)
{
	_cleanup_(cJSON_Deletep) cJSON *feeds = NULL, *body = cJSON_CreateObject();
	const cJSON *feed, *held;
	int r = cli_get(cli, "/v1/feeds", NULL, &feeds, error);

	if (r < 0)
		return r;
	feed = find(feeds, name);
	held = cJSON_GetObjectItem(feed, "held");
	if (!feed)
		return error_set(error, -ENOENT, "there is no feed \"%s\"", name);
	if (!cJSON_IsNumber(held))
		return error_set(error, -ENOENT, "feed %s: nothing of it is held", name);
	if (!cli->option[OPTION_JSON])
		fprintf(stderr, "held: %s\n", text_of(feed, "error"));
	cJSON_AddNumberToObject(body, "held", held->valuedouble);
	return ask(cli, name, "apply", body, error);
}

static int cmd_apply(const struct cli *cli)
{
	struct error error = {};
	int r;

	if (cli->word_count != 2)
		return cli_usage_error(cli, "apply which feed? Name it");
	if (!cli->option[OPTION_HELD])
		return cli_usage_error(cli, "apply needs --held: it goes past the guard");
	r = ask_to_apply(cli, cli->words[1], &error);
	return r < 0 ? cli_fail(r, &error) : finish(cli, cli->words[1]);
}

/* pause, resume */
static int cmd_set(const struct cli *cli)
{
	struct error error = {};
	int r;

	if (cli->word_count != 2)
		return cli_usage_error(cli, "%s which feed? Name it", cli->words[0]);
	r = ask(cli, cli->words[1], cli->words[0], NULL, &error);
	return r < 0 ? cli_fail(r, &error) : finish(cli, cli->words[1]);
}

static const struct verb {
	const char *name;
	int (*run)(const struct cli *cli);
	enum cli_option option; /* the one it takes; OPTION_COUNT: none */
} verbs[] = {
	{"sync", cmd_sync, OPTION_RESET},
	{"apply", cmd_apply, OPTION_HELD},
	{"pause", cmd_set, OPTION_COUNT},
	{"resume", cmd_set, OPTION_COUNT},
};

int cmd_feeds(const struct cli *cli)
{
	static const enum cli_option own[] = {OPTION_HELD, OPTION_RESET};
	const struct verb *verb = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(verbs) && cli->word_count > 0; i++)
		if (strcmp(cli->words[0], verbs[i].name) == 0)
			verb = &verbs[i];
	if (cli->word_count > 0 && !verb)
		return cli_usage_error(cli, "\"%s\": it is sync, apply, pause or resume",
				       cli->words[0]);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (cli->option[own[i]] && (!verb || verb->option != own[i]))
			return cli_usage_error(cli, "--%s is only for %s",
					       own[i] == OPTION_HELD ? "held" : "reset",
					       own[i] == OPTION_HELD ? "apply" : "sync");
	return verb ? verb->run(cli)
		    : rows_show(cli, "/v1/feeds", NULL, columns, ARRAY_SIZE(columns));
}
