/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading one list. It lies in chunks, each with its first key, so that a million entries are some
 * thousand rows and one entry is found without reading the others.
 */
#ifndef SMTPFENCE_STORE_LIST_CURSOR_H
#define SMTPFENCE_STORE_LIST_CURSOR_H

#include "store/records.h"

/* From one entry to the next, in order. Nothing may be written to the list meanwhile. */
struct list_cursor {
	struct store *store;
	int64_t list;
	uint8_t from[PREFIX_KEY_SIZE], last[PREFIX_KEY_SIZE];
	struct query query;	 /* opened when it is stepped: until then another could take it */
	const uint8_t *at, *end; /* in the chunk that it stands on */
	bool over;		 /* a query that has ended would begin again */
};

/* From @from (NULL: the first) on, and not beyond the key @last (NULL: to the end). */
void list_cursor_open(struct list_cursor *cursor, struct store *store, int64_t list,
		      const struct smtpfence_prefix *from, const uint8_t *last);
void list_cursor_close(struct list_cursor *cursor);

/* The record that it stands on, valid until list_cursor_pass. 1: there is one; 0: the end. */
int list_cursor_peek(struct list_cursor *cursor, const uint8_t **ret, struct error *error);
void list_cursor_pass(struct list_cursor *cursor);

/*
 * One entry after the other, cheap when asked in order: the chunk asked last stays at hand, and
 * what is known of the keys behind it.
 */
struct list_finder {
	struct store *store;
	struct query query; /* stands on the chunk at hand */
	const uint8_t *bytes;
	size_t count; /* 0: no chunk is at hand */
	size_t next;  /* behind the record found last: as a rule the one that is asked for next */
	bool known;   /* of the keys from @first to @last all are in the chunk at hand, or none */
	uint8_t first[PREFIX_KEY_SIZE], last[PREFIX_KEY_SIZE];
};

void list_finder_open(struct list_finder *finder, struct store *store);
void list_finder_close(struct list_finder *finder);

/* 1: in @list, until @ret_until; 0: not. Of one list only, for one finder. */
int list_find(struct list_finder *finder, int64_t list, const struct smtpfence_prefix *prefix,
	      int64_t *ret_until, struct error *error);

#endif
