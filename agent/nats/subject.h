/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_NATS_SUBJECT_H
#define SMTPFENCE_NATS_SUBJECT_H

#include <limits.h>

#define SUBJECT_HOST_MAX (HOST_NAME_MAX + 1)

/*
 * The name of this host as one token of a subject: what is no letter, digit or hyphen is an
 * underscore, for a dot would make two tokens of it, and blanks and wildcards no subject at all.
 * Returns @host.
 */
const char *subject_host(char host[SUBJECT_HOST_MAX]);

#endif
