/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every command there is. Usage and help are made from this table. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "config/config.h"
#include "config/notice.h"

static const struct command commands[] = {
	{"status", cmd_status, "mode, interfaces, feeds, fill of the maps, problems", "", 0, 0, 0},
	{"list", cmd_list, "what is blocked, and for how long", "[--state STATE] [--in PREFIX]",
	 TAKES(STATE) | TAKES(IN), 0, 0},
	{"show", cmd_show, "one source: sentence, evidence, counters", "IP[/N]", 0, 1, 1},
	{"check", cmd_check, "ask the kernel what mail from IP would get (exit 1: drop)",
	 "IP [DESTINATION]", 0, 1, 2},
	{"block", cmd_block, "block a source by hand",
	 "IP[/N] [--for DURATION] [--reason TEXT] [--force]",
	 TAKES(FOR) | TAKES(REASON) | TAKES(FORCE), 1, 1},
	{"unblock", cmd_unblock, "end a sentence", "IP[/N] [--force] [--forgive]",
	 TAKES(FORCE) | TAKES(FORGIVE), 1, 1},
	{"allow", cmd_allow, "the allowlist", "add IP[/N] [--reason TEXT] | remove IP[/N] | list",
	 TAKES(REASON), 1, 2},
	{"counters", cmd_counters, "SMTP volume per source", "[--top N] [--sort COLUMN]",
	 TAKES(TOP) | TAKES(SORT), 0, 0},
	{"top", cmd_top, "SMTP volume per source as it grows (q: quit)",
	 "[--top N] [--sort COLUMN] [--interval DURATION] [--repeat N]",
	 TAKES(TOP) | TAKES(SORT) | TAKES(INTERVAL) | TAKES(REPEAT), 0, 0},
	{"risk", cmd_risk, "ranges in danger of a reputation listing, worst first", "[--top N]",
	 TAKES(TOP), 0, 0},
	{"interfaces", cmd_interfaces, "what each interface got, and why", "", 0, 0, 0},
	{"feeds", cmd_feeds, "where scores and lists come from, and what to do with them",
	 "[sync [NAME] [--reset] | apply NAME --held | pause NAME | resume NAME]",
	 TAKES(HELD) | TAKES(RESET), 0, 2},
	{"mode", cmd_mode, "print the mode, or set it", "[enforce | monitor]", 0, 0, 1},
	{"notice", cmd_notice, "what to tell a customer whose mail is blocked (exit 1: it is not)",
	 "IP[/N]", 0, 1, 1},
	{"config", cmd_config, "check a configuration file", "check FILE", 0, 2, 2},
	{"events", cmd_events, "what changed (-j: one JSON object a line)",
	 "[--after ID] [--follow]", TAKES(AFTER) | TAKES(FOLLOW), 0, 0},
	{"unload", cmd_unload, "end the daemon and take enforcement out of the kernel", "", 0, 0,
	 0},
	{"version", cmd_version, "versions of this tool and of the daemon", "", 0, 0, 0},
	{"help", cmd_help, "this help, or a command's", "[COMMAND]", 0, 0, 1},
};

/* All names, for whoever cannot be told which one was meant. */
static const char *join_names(char text[ERROR_TEXT_MAX])
{
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_SIZE(commands) && used < ERROR_TEXT_MAX; i++)
		used += (size_t)snprintf(text + used, ERROR_TEXT_MAX - used, " %s",
					 commands[i].name);
	return text;
}

static int unknown_command(const char *name, struct error *error)
{
	const char *names[ARRAY_SIZE(commands)], *nearest;
	char all[ERROR_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		names[i] = commands[i].name;
	nearest = nearest_name(name, names, ARRAY_SIZE(names));
	if (nearest)
		return error_set(error, -EINVAL, "unknown command \"%s\"; did you mean %s?", name,
				 nearest);
	return error_set(error, -EINVAL, "unknown command \"%s\"; there are:%s", name,
			 join_names(all));
}

int command_find(const char *name, const struct command **ret, struct error *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, name) == 0) {
			*ret = &commands[i];
			return 0;
		}
	}
	return unknown_command(name, error);
}

void commands_usage(void)
{
	puts("usage: smtpfence [OPTION]... COMMAND [ARGUMENT]...\n\ncommands:");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-11s %s\n", commands[i].name, commands[i].help);
	puts("\noptions of every command:");
	options_print(OPTIONS_COMMON);
	puts("\nexit status: 0 ok, 1 no, 2 usage, 3 degraded or daemon not reachable, "
	     "4 not permitted");
}

void command_usage(const struct command *command)
{
	printf("usage: smtpfence %s%s%s\n%s\n\noptions:\n", command->name,
	       command->usage[0] ? " " : "", command->usage, command->help);
	options_print(command->options);
	options_print(OPTIONS_COMMON);
	if (command->run == cmd_notice) {
		puts("\nplaceholders of the template:");
		notice_print_placeholders();
	}
	if (command->run == cmd_config)
		printf("\nkeys of the file, with their defaults:\n%s", config_reference());
}
