/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the pinned maps tell while the daemon is down, in the daemon's JSON forms. What only the
 * daemon knows is null. -ENOENT: nothing is loaded either; -EPERM.
 */
#ifndef SMTPFENCE_CLI_KERNEL_H
#define SMTPFENCE_CLI_KERNEL_H

#include "cli/cli.h"

/* Also where nothing is loaded: that is a status, too. */
int kernel_status(const struct cli *cli, cJSON **ret, struct error *error);

/* Entries past their deadline are left out: the datapath takes them for absent. */
int kernel_list(const struct cli *cli, page_fn fn, void *userdata, struct error *error);

int kernel_counters(const struct cli *cli, cJSON **ret, struct error *error);

/* Looks are kept from one call to the next: rates are since the one before. */
int kernel_rates(const struct cli *cli, cJSON **ret, struct error *error);

int kernel_check(const struct cli *cli, cJSON **ret, struct error *error);

#endif
