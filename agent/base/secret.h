/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Secrets that stand in files of their own, such as tokens: nobody reads them off a command line,
 * the configuration, a log or an answer. No error from here says what is in the file.
 */
#ifndef SMTPFENCE_BASE_SECRET_H
#define SMTPFENCE_BASE_SECRET_H

#include "base/cleanup.h"
#include "base/error.h"

#define SECRET_LENGTH_MAX 4095

/*
 * Reads the file at @path, one line of visible ASCII characters; blanks and a newline at its end
 * are cut off. 0; -EACCES: others than its owner may read it, or it is owned by somebody else than
 * root and the user of this process; -EINVAL: it is not a regular file; -EBADMSG: not such a line;
 * -ENOENT, -EACCES, -ENOMEM, …
 */
int secret_read(const char *path, char **ret, struct error *error);

/* The same behind @prefix, as a header of HTTP: for example "X-Api-Key: ". */
int secret_read_header(const char *path, const char *prefix, char **ret, struct error *error);

/* Wipes it first. */
void secret_free(char *secret);
DEFINE_CLEANUP(char *, secret_free)

#endif
