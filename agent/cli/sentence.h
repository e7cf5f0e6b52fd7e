/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A row of `list` on one line: what a change has led to. */
#ifndef SMTPFENCE_CLI_SENTENCE_H
#define SMTPFENCE_CLI_SENTENCE_H

#include "cli/cli.h"

/* As JSON with --json. Returns an enum cli_exit. */
int sentence_print(const struct cli *cli, cJSON *row);

#endif
