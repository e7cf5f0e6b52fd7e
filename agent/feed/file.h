/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file as the source of a feed. */
#ifndef SMTPFENCE_FEED_FILE_H
#define SMTPFENCE_FEED_FILE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

#include "base/error.h"

/* By what a file is known to be the one that was read before. */
struct file_mark {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
};

/* The path in a file:// URL. */
const char *file_path(const char *url);

/* Never blocks: what is not a regular file is refused. 0 or negative errno. */
int file_open(const char *path, FILE **ret, struct file_mark *ret_mark, struct error *error);

bool file_mark_equal(const struct file_mark *a, const struct file_mark *b);

/* Whether the open file is still as it was: else what was read of it may be half old, half new. */
bool file_is_unchanged(FILE *stream, const struct file_mark *mark);

#endif
