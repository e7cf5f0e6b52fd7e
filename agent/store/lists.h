/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists in force, each under an id of its own: a list that is written anew gets another. */
#ifndef SMTPFENCE_STORE_LISTS_H
#define SMTPFENCE_STORE_LISTS_H

#include "store/list_cursor.h"

struct list_name {
	int64_t id;
	char feed[SENTENCE_SOURCE_MAX];
};

struct lists {
	struct list_name *items; /* owned; by feed */
	size_t count;
};

/* @ret is overwritten. */
int lists_load(struct store *store, struct lists *ret, struct error *error);
void lists_clear(struct lists *lists);

/* 1: that feed's; 0: it has none. */
int list_id(struct store *store, const char *feed, int64_t *ret, struct error *error);

/* A new one, of no feed yet. */
int list_new(struct store *store, int64_t *ret, struct error *error);

/* The feed has none any more; its chunks are swept later. */
int list_forget(struct store *store, const char *feed, struct error *error);

/* From now on @list is the feed's, in place of the one it had. */
int list_put(struct store *store, const char *feed, int64_t list, struct error *error);

/* @records (see records.h), all behind what the list holds, or where nothing is left. */
int list_write(struct store *store, int64_t list, const struct records *records,
	       struct error *error);

#endif
