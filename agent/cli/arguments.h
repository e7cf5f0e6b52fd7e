/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values that several parts read from the command line, so that a bad one is refused in the same
 * words whether the daemon or the kernel is asked. -EINVAL: @error says what is wrong.
 */
#ifndef SMTPFENCE_CLI_ARGUMENTS_H
#define SMTPFENCE_CLI_ARGUMENTS_H

#include "cli/cli.h"
#include "counters/counters.h"

/* `check IP [DESTINATION]`: single addresses of one family; by default a documentation address. */
struct arguments_check {
	struct smtpfence_prefix source, destination;
};
int arguments_check(const struct cli *cli, struct arguments_check *ret, struct error *error);

/* `list [--state S] [--in PREFIX]` */
struct arguments_list {
	const char *state; /* NULL: all but unblocked */
	bool by_prefix;
	struct smtpfence_prefix in;
};
int arguments_list(const struct cli *cli, struct arguments_list *ret, struct error *error);

/* `counters [--top N] [--sort COLUMN]` */
struct arguments_counters {
	size_t top; /* 0: all */
	enum counters_sort sort;
};
int arguments_counters(const struct cli *cli, struct arguments_counters *ret, struct error *error);

/* `--top N`; 0: all. */
int arguments_top(const struct cli *cli, size_t *ret, struct error *error);

/* `--after ID` of an event; 0 where it is not given. */
int arguments_after(const struct cli *cli, size_t *ret, struct error *error);

/* `top`: what `counters` takes, and when the next table comes. */
struct arguments_live {
	struct arguments_counters counters;
	uint64_t interval; /* s, at least 1 */
	size_t repeat;	   /* tables; 0: until somebody ends it */
};
int arguments_live(const struct cli *cli, struct arguments_live *ret, struct error *error);

#endif
