/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "config/config.h"

/* getopt_long's value of a long option without a letter: beyond every letter. */
#define LONG_VALUE 256

static const struct option_spec {
	const char *name;
	char letter;	   /* 0: none */
	const char *value; /* what it takes; NULL: nothing */
	const char *help;
} specs[OPTION_COUNT] = {
	[OPTION_JSON] = {"json", 'j', NULL, "print JSON"},
	[OPTION_SOCKET] = {"socket", 0, "PATH", "the daemon's socket (" CONFIG_SOCKET_DEFAULT ")"},
	[OPTION_BPFFS] = {"bpffs", 0, "PATH",
			  "the pinned maps, when the daemon is down (" CONFIG_BPFFS_DEFAULT ")"},
	[OPTION_HELP] = {"help", 'h', NULL, "print this help"},
	[OPTION_VERSION] = {"version", 'V', NULL, "print the version"},
	[OPTION_STATE] = {"state", 0, "STATE", "only blockedForSpam, unblocking or unblocked"},
	[OPTION_IN] = {"in", 0, "PREFIX", "only what lies in this prefix"},
	[OPTION_FOR] = {"for", 0, "DURATION", "how long, such as 90s or 1h30m (the policy's)"},
	[OPTION_REASON] = {"reason", 0, "TEXT", "why, for the audit trail"},
	[OPTION_FORCE] = {"force", 0, NULL, "against the policy: too wide, or before its end"},
	[OPTION_FORGIVE] = {"forgive", 0, NULL, "take the offence back, too; implies --force"},
	[OPTION_TOP] = {"top", 0, "N", "only the first N (0: all)"},
	[OPTION_SORT] = {"sort", 0, "COLUMN",
			 "packets (default), bytes, attempts, dropped or destinations"},
	[OPTION_AFTER] = {"after", 0, "ID", "all behind this one (0: from the first one on)"},
	[OPTION_FOLLOW] = {"follow", 0, NULL, "go on with new ones until interrupted"},
	[OPTION_INTERVAL] = {"interval", 0, "DURATION", "time between two tables (2s)"},
	[OPTION_REPEAT] = {"repeat", 'n', "N", "end after N tables"},
	[OPTION_HELD] = {"held", 0, NULL, "what the guard holds, as `feeds` shows it now"},
	[OPTION_RESET] =
		{"reset", 0, NULL,
		 "forget the serial in force: the scorer has begun anew, with a lower one"},
};

/* What getopt_long wants to know about the options in @mask. */
struct getopt_tables {
	struct option longs[OPTION_COUNT + 1];
	char shorts[2 + 2 * OPTION_COUNT + 1];
};

/* @ret is zeroed. "+": stop at the first word. ":": tell a missing value from a bad option. */
static void fill_tables(unsigned int mask, bool stop_at_word, struct getopt_tables *ret)
{
	struct option *option = ret->longs;
	char *letter = ret->shorts;

	if (stop_at_word)
		*letter++ = '+';
	*letter++ = ':';
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (!(mask & (1U << i)))
			continue;
		if (specs[i].letter)
			*letter++ = specs[i].letter;
		if (specs[i].letter && specs[i].value)
			*letter++ = ':';
		*option++ = (struct option){
			.name = specs[i].name,
			.has_arg = specs[i].value ? required_argument : no_argument,
			.val = LONG_VALUE + i,
		};
	}
}

static int option_of(int value)
{
	if (value >= LONG_VALUE)
		return value - LONG_VALUE;
	for (int i = 0; i < OPTION_COUNT; i++)
		if (specs[i].letter == value)
			return i;
	return OPTION_COUNT;
}

static int unknown_option(const char *argument, unsigned int mask, struct error *error)
{
	const char *names[OPTION_COUNT] = {};
	const char *nearest = NULL;

	for (int i = 0; i < OPTION_COUNT; i++)
		if (mask & (1U << i))
			names[i] = specs[i].name;
	if (strncmp(argument, "--", 2) == 0)
		nearest = nearest_name(argument + 2, names, ARRAY_SIZE(names));
	if (nearest)
		return error_set(error, -EINVAL, "unknown option \"%s\"; did you mean --%s?",
				 argument, nearest);
	return error_set(error, -EINVAL, "unknown option \"%s\"", argument);
}

/* getopt has set optopt: 0 for an unknown long option, else what it was about. */
static int bad_option(bool value_missing, char **argv, unsigned int mask, struct error *error)
{
	char letter[] = {'-', (char)optopt, '\0'};

	if (value_missing)
		return error_set(error, -EINVAL, "--%s needs a value: %s",
				 specs[option_of(optopt)].name, specs[option_of(optopt)].value);
	if (optopt >= LONG_VALUE)
		return error_set(error, -EINVAL, "--%s takes no value",
				 specs[option_of(optopt)].name);
	return unknown_option(optopt ? letter : argv[optind - 1], mask, error);
}

/* Leaves getopt's optind at the first argument that is no option. */
static int parse_some(int argc, char **argv, unsigned int mask, bool stop_at_word, struct cli *cli,
		      struct error *error)
{
	struct getopt_tables tables = {};
	int value;

	fill_tables(mask, stop_at_word, &tables);
	opterr = 0;
	optind = 0; /* glibc: start anew */
	while ((value = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
		if (value == '?' || value == ':')
			return bad_option(value == ':', argv, mask, error);
		cli->option[option_of(value)] = optarg ? optarg : "";
	}
	return 0;
}

static int check_words(const struct cli *cli, struct error *error)
{
	if (cli->option[OPTION_HELP])
		return 0;
	if (cli->word_count < cli->command->words_min)
		return error_set(error, -EINVAL, "missing argument; usage: smtpfence %s %s",
				 cli->command->name, cli->command->usage);
	if (cli->word_count > cli->command->words_max)
		return error_set(error, -EINVAL, "unexpected argument \"%s\"",
				 cli->words[cli->command->words_max]);
	return 0;
}

int options_parse(int argc, char **argv, struct cli *ret, struct error *error)
{
	int r;

	*ret = (struct cli){
		.option = {[OPTION_SOCKET] = CONFIG_SOCKET_DEFAULT,
			   [OPTION_BPFFS] = CONFIG_BPFFS_DEFAULT},
	};
	r = parse_some(argc, argv, OPTIONS_COMMON, true, ret, error);
	if (r < 0 || optind == argc)
		return r;
	argc -= optind;
	argv += optind;
	r = command_find(argv[0], &ret->command, error);
	if (r < 0)
		return r;
	r = parse_some(argc, argv, OPTIONS_COMMON | ret->command->options, false, ret, error);
	if (r < 0)
		return r;
	ret->words = argv + optind;
	ret->word_count = argc - optind;
	return check_words(ret, error);
}

void options_print(unsigned int mask)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		char name[32];

		if (!(mask & (1U << i)))
			continue;
		snprintf(name, sizeof(name), "--%s%s%s", specs[i].name, specs[i].value ? " " : "",
			 specs[i].value ? specs[i].value : "");
		if (specs[i].letter)
			printf("  -%c, %-16s %s\n", specs[i].letter, name, specs[i].help);
		else
			printf("      %-16s %s\n", name, specs[i].help);
	}
}
