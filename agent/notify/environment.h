/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_NOTIFY_ENVIRONMENT_H
#define SMTPFENCE_NOTIFY_ENVIRONMENT_H

#include "base/cleanup.h"
#include "notify/channel.h"

/*
 * The whole environment of a command: a fixed PATH and LANG, SMTPFENCE_KEY, and each field of the
 * event that is a text, a number or null (empty) as SMTPFENCE_ and its name in capitals. Owned,
 * with a NULL at its end; NULL: out of memory.
 */
char **environment_new(const struct notice *notice);
void environment_free(char **environment);
DEFINE_CLEANUP(char **, environment_free)

#endif
