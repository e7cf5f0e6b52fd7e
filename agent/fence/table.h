/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two maps that hold entries, behind one face: `blocks` and `prefixes`. */
#ifndef SMTPFENCE_FENCE_TABLE_H
#define SMTPFENCE_FENCE_TABLE_H

#include "fence/private.h"

enum table { TABLE_BLOCKS, TABLE_PREFIXES, TABLES };

/* Where an entry for @prefix stands. */
enum table table_of(const struct smtpfence_prefix *prefix);

/* The value under which an entry stands there. */
struct smtpfence_block table_block(const struct entry *entry);

/* Everything that the table holds, in no order; @ret is empty before. */
int table_read(const struct fence *fence, enum table table, struct entries *ret,
	       struct error *error);

/* Adds or changes; sets @done of those that are in, the others did not fit. */
int table_write(const struct fence *fence, enum table table, const struct smtpfence_prefix *keys,
		const struct smtpfence_block *values, size_t count, bool *done,
		struct error *error);

/* -ENOENT: it was not in. */
int table_delete(const struct fence *fence, const struct smtpfence_prefix *prefix,
		 struct error *error);

/* Sets @done of those that are not in any more, or never were. Not for tries. */
int table_delete_each(const struct fence *fence, enum table table,
		      const struct smtpfence_prefix *keys, size_t count, bool *done,
		      struct error *error);

/* 1: in, with that very length; 0: not; or a negative errno. @ret: its value, may be NULL. */
int table_get(const struct fence *fence, const struct smtpfence_prefix *prefix,
	      struct smtpfence_block *ret, struct error *error);

/* The file descriptor of `blocks`, and of `block_hits`. */
int table_blocks_fd(const struct fence *fence);
int table_hits_fd(const struct fence *fence);

/* "limits.blocks (262144)": what to raise. Returns @text. */
#define TABLE_LIMIT_TEXT_MAX 48
const char *table_limit(const struct fence *fence, enum table table,
			char text[TABLE_LIMIT_TEXT_MAX]);

/* Forgets the hits of one entry; there need not be any. */
int table_forget_hits_of(const struct fence *fence, const struct smtpfence_prefix *prefix,
			 struct error *error);

#endif
