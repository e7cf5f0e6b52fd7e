/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/arguments.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/prefix.h"

#define INTERVAL_DEFAULT 2     /* s */
#define INTERVAL_MAX	 86400 /* s */

/* OVHcloud's words for the life of a sentence. */
static const char *const states[] = {"blockedForSpam", "unblocking", "unblocked"};

static int parse_address(const char *text, struct smtpfence_prefix *ret, struct error *error)
{
	int r = cli_parse_prefix(text, ret, error);

	if (r < 0)
		return r;
	if (!prefix_is_single(ret))
		return error_set(error, -EINVAL, "\"%s\" is a prefix; name one address", text);
	return 0;
}

int arguments_check(const struct cli *cli, struct arguments_check *ret, struct error *error)
{
	int r = parse_address(cli->words[0], &ret->source, error);

	if (r < 0)
		return r;
	if (cli->word_count == 1) {
		ret->destination = counters_check_destination(&ret->source);
		return 0;
	}
	r = parse_address(cli->words[1], &ret->destination, error);
	if (r < 0)
		return r;
	if (prefix_is_ipv4(&ret->source) != prefix_is_ipv4(&ret->destination))
		return error_set(error, -EINVAL,
				 "%s and %s are of different families; name two of one family",
				 cli->words[0], cli->words[1]);
	return 0;
}

static int check_state(const char *state, struct error *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (strcmp(state, states[i]) == 0)
			return 0;
	return error_set(error, -EINVAL,
			 "--state \"%s\": it is blockedForSpam, unblocking or unblocked", state);
}

int arguments_list(const struct cli *cli, struct arguments_list *ret, struct error *error)
{
	const char *in = cli->option[OPTION_IN];
	int r = 0;

	*ret = (struct arguments_list){.state = cli->option[OPTION_STATE], .by_prefix = in};
	if (ret->state)
		r = check_state(ret->state, error);
	if (r >= 0 && in)
		r = cli_parse_prefix(in, &ret->in, error);
	return r;
}

/* The option's value; 0 where it is not given. */
static int parse_number(const struct cli *cli, enum cli_option option, const char *name,
			size_t *ret, struct error *error)
{
	const char *text = cli->option[option];
	char *end;

	*ret = 0;
	if (!text)
		return 0;
	errno = 0;
	*ret = strtoul(text, &end, 10);
	if (errno || *end || strspn(text, "0123456789") == 0)
		return error_set(error, -EINVAL, "--%s \"%s\": it is a number, 0 for all", name,
				 text);
	return 0;
}

int arguments_top(const struct cli *cli, size_t *ret, struct error *error)
{
	return parse_number(cli, OPTION_TOP, "top", ret, error);
}

int arguments_after(const struct cli *cli, size_t *ret, struct error *error)
{
	return parse_number(cli, OPTION_AFTER, "after", ret, error);
}

int arguments_counters(const struct cli *cli, struct arguments_counters *ret, struct error *error)
{
	const char *sort = cli->option[OPTION_SORT];

	*ret = (struct arguments_counters){.sort = COUNTERS_SORT_PACKETS};
	if (sort && counters_sort_parse(sort, &ret->sort) < 0)
		return error_set(error, -EINVAL,
				 "--sort \"%s\": it is packets, bytes, attempts, dropped or "
				 "destinations",
				 sort);
	return arguments_top(cli, &ret->top, error);
}

int arguments_live(const struct cli *cli, struct arguments_live *ret, struct error *error)
{
	const char *interval = cli->option[OPTION_INTERVAL];
	int r = arguments_counters(cli, &ret->counters, error);

	if (r >= 0)
		r = parse_number(cli, OPTION_REPEAT, "repeat", &ret->repeat, error);
	if (r < 0)
		return r;
	ret->interval = INTERVAL_DEFAULT;
	if (!interval)
		return 0;
	if (duration_parse(interval, &ret->interval) < 0 || ret->interval == 0 ||
	    ret->interval > INTERVAL_MAX)
		return error_set(error, -EINVAL,
				 "--interval \"%s\": it is a duration from 1s to 1d", interval);
	return 0;
}
