/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NKeys: Ed25519 keys in the letters that NATS writes them with. */
#ifndef SMTPFENCE_NATS_NKEY_H
#define SMTPFENCE_NATS_NKEY_H

#include "base/error.h"

/* "U", 55 letters and digits (base32), and a NUL. */
#define NKEY_PUBLIC_MAX 57

/*
 * The public key of a user whose seed ("SU…", a line of its own) is in the file @path: the server
 * wants to be told it, libnats does not know it. -EBADMSG: there is no such seed; -EACCES, -ENOENT.
 */
int nkey_public(const char *path, char ret[NKEY_PUBLIC_MAX], struct error *error);

#endif
