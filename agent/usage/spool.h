/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports that wait for delivery: a folder with a file each, in the order of their numbers, within
 * a limit of bytes. What is in the folder survives a restart. Nothing is synced to the disk: counts
 * are cumulative, so that a report that a power failure takes harms nothing; one that it cut is
 * known by its missing end, and never read.
 */
#ifndef SMTPFENCE_USAGE_SPOOL_H
#define SMTPFENCE_USAGE_SPOOL_H

#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/error.h"

struct spool;

struct spool_report {
	uint64_t number;
	uint64_t size;	 /* bytes */
	int64_t written; /* s since 1970 */
};

/* Makes @folder where there is none (0700), and finds what waits in it. 0 or a negative errno. */
int spool_open(const char *folder, uint64_t limit, struct spool **ret, struct error *error);
void spool_free(struct spool *spool);
DEFINE_CLEANUP(struct spool *, spool_free)

void spool_set_limit(struct spool *spool, uint64_t limit);

/* A report to be written; the last byte of one must be a newline. Closed by the caller. */
int spool_begin(struct spool *spool, FILE **ret, struct error *error);

/*
 * Puts what was written to @file last in the row, as @number, higher than any before. The oldest
 * reports that the limit has no room for are dropped, and counted; that may be this one. 0 or a
 * negative errno: then it is not in the row.
 */
int spool_commit(struct spool *spool, uint64_t number, FILE *file, struct error *error);

/* The oldest, or NULL where none waits; valid until the spool changes. */
const struct spool_report *spool_oldest(const struct spool *spool);

/* Its text, which the caller frees; not ended by NUL. */
int spool_read(struct spool *spool, const struct spool_report *report, char **ret,
	       struct error *error);

/* Takes the oldest out. */
void spool_remove_oldest(struct spool *spool);

size_t spool_count(const struct spool *spool);
/* Since spool_open: what the limit had no room for. */
uint64_t spool_dropped(const struct spool *spool);

/* The folder, open, for what is kept beside the reports; stays the spool's. */
int spool_folder(const struct spool *spool);

#endif
