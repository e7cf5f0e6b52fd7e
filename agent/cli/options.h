/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: from argv to struct cli. */
#ifndef SMTPFENCE_CLI_OPTIONS_H
#define SMTPFENCE_CLI_OPTIONS_H

#include "cli/cli.h"

/* The options of every command, before it or behind it. */
#define OPTIONS_COMMON (TAKES(JSON) | TAKES(SOCKET) | TAKES(BPFFS) | TAKES(HELP) | TAKES(VERSION))

/*
 * Takes @argv apart. -EINVAL: @error says what is wrong, and @ret->command is set as far as it is
 * known. Without a command, @ret->command is NULL.
 */
int options_parse(int argc, char **argv, struct cli *ret, struct error *error);

/* One line on standard output for each option in @mask. */
void options_print(unsigned int mask);

#endif
