/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a decisions bucket. ':' cannot stand in a key, so addresses are in hexadecimal. */
#ifndef SMTPFENCE_NATS_KEY_H
#define SMTPFENCE_NATS_KEY_H

#include "smtpfence/abi.h"

/* "ip6.", 32 digits, "-128" and a NUL. */
#define KEY_TEXT_MAX 41

/* "ip4.c0000201-32" for 192.0.2.1, "ip6.20010db8…-64" for a /64. Returns @text. */
const char *key_format(const struct smtpfence_prefix *prefix, char text[KEY_TEXT_MAX]);

#endif
