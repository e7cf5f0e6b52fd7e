/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line `smtpfence`: what its files share. A command is a row of the table in
 * commands.c and one file cmd_NAME.c; usage and help are made from the table.
 */
#ifndef SMTPFENCE_CLI_CLI_H
#define SMTPFENCE_CLI_CLI_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "smtpfence/abi.h"

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

enum cli_exit {
	CLI_OK = 0,
	CLI_NO = 1,	       /* refused, not found, or the answer is no */
	CLI_USAGE = 2,	       /* also a request that the daemon calls bad */
	CLI_DEGRADED = 3,      /* or the daemon cannot be reached, or this tool failed */
	CLI_NOT_PERMITTED = 4, /* by the daemon or by the kernel */
};

/* Every option there is; a command says which ones it takes. */
enum cli_option {
	OPTION_JSON,
	OPTION_SOCKET,
	OPTION_BPFFS,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_STATE,
	OPTION_IN,
	OPTION_FOR,
	OPTION_REASON,
	OPTION_FORCE,
	OPTION_FORGIVE,
	OPTION_TOP,
	OPTION_SORT,
	OPTION_AFTER,
	OPTION_FOLLOW,
	OPTION_INTERVAL,
	OPTION_REPEAT,
	OPTION_HELD,
	OPTION_RESET,
	OPTION_COUNT,
};

#define TAKES(name) (1U << OPTION_##name)

struct cli;

struct command {
	const char *name;
	int (*run)(const struct cli *cli); /* returns an enum cli_exit */
	const char *help;		   /* one line */
	const char *usage;		   /* what follows the name */
	unsigned int options;	  /* TAKES(…) of its own, besides those of every command */
	int words_min, words_max; /* arguments that are no options */
};

/* The command line, taken apart. All pointers are borrowed from argv. */
struct cli {
	const struct command *command;
	const char *option[OPTION_COUNT]; /* NULL: not given; "" for one without a value */
	char *const *words;
	int word_count;
};

/* commands.c */
int command_find(const char *name, const struct command **ret, struct error *error); /* -EINVAL */
void commands_usage(void);
void command_usage(const struct command *command);

/* cli.c: prints "smtpfence: what" for a person and returns the exit code that fits @code. */
int cli_fail(int code, const struct error *error);

/* Prints "smtpfence COMMAND: what" and where to read on; returns CLI_USAGE. */
int cli_usage_error(const struct cli *cli, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* -EINVAL: @text is no address or prefix; the error says why. */
int cli_parse_prefix(const char *text, struct smtpfence_prefix *ret, struct error *error);

/* Asks the kernel, in the daemon's forms, what the daemon would have been asked. */
typedef int (*kernel_fn)(const struct cli *cli, cJSON **ret, struct error *error);

/* GET @target from the daemon; when it is not running, says so and takes what @fallback has. */
int cli_get(const struct cli *cli, const char *target, kernel_fn fallback, cJSON **ret,
	    struct error *error);

/* GET @path with the prefix that the first word is. CLI_OK, or what cli_usage_error or cli_fail
 * said. */
int cli_get_source(const struct cli *cli, const char *path, cJSON **ret);

/* One page of a list, from the daemon alone; see client_page. */
int cli_get_page(const struct cli *cli, const char *target, cJSON **ret, char **ret_next,
		 struct error *error);

/* A page of a list: an array. A return other than 0 ends the list. */
typedef int (*page_fn)(cJSON *rows, bool last, void *userdata);

/* A list of the kernel's, in pages: there is always a last one, which may be empty. */
typedef int (*kernel_pages_fn)(const struct cli *cli, page_fn fn, void *userdata,
			       struct error *error);

/* When the daemon is not running (@r, how it was asked, tells), the same as cli_get does. */
int cli_get_kernel_pages(const struct cli *cli, int r, kernel_pages_fn fallback, page_fn fn,
			 void *userdata, struct error *error);

/* Any request, with a JSON object (may be NULL). A NULL @target counts as out of memory. */
int cli_send(const struct cli *cli, const char *method, const char *target, const cJSON *body,
	     cJSON **ret, struct error *error);

int cmd_allow(const struct cli *cli);
int cmd_block(const struct cli *cli);
int cmd_check(const struct cli *cli);
int cmd_config(const struct cli *cli);
int cmd_counters(const struct cli *cli);
int cmd_events(const struct cli *cli);
int cmd_feeds(const struct cli *cli);
int cmd_help(const struct cli *cli);
int cmd_interfaces(const struct cli *cli);
int cmd_list(const struct cli *cli);
int cmd_mode(const struct cli *cli);
int cmd_notice(const struct cli *cli);
int cmd_risk(const struct cli *cli);
int cmd_show(const struct cli *cli);
int cmd_status(const struct cli *cli);
int cmd_top(const struct cli *cli);
int cmd_unblock(const struct cli *cli);
int cmd_unload(const struct cli *cli);
int cmd_version(const struct cli *cli);

#endif
