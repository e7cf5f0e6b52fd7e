/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is wanted of one prefix: its sentence, its listings and the allowlist, merged. */
#ifndef SMTPFENCE_LEDGER_ITEM_H
#define SMTPFENCE_LEDGER_ITEM_H

#include "ledger/internal.h"
#include "ledger/sentence_reader.h"

struct item {
	struct smtpfence_prefix prefix;
	bool sentenced; /* it has a sentence, or had one: `state` and `deadline` are valid */
	enum sentence_state state;
	uint64_t deadline;
	bool allowed; /* it stands on the allowlist itself */
	size_t listings;
	int64_t until; /* the end of the last of them, s since 1970; 0: one has none */
	char feeds[LEDGER_SOURCES_MAX][SENTENCE_SOURCE_MAX]; /* the first ones that list it */
};

/* One that nothing but the allowlist knows of yet … */
void item_begin(struct item *item, const struct ledger *ledger,
		const struct smtpfence_prefix *prefix);
/* … and a listing of it, unless that has ended by @now (s since 1970, see wall.h). */
void item_add_listing(struct item *item, const struct listing *listing, const char *feed,
		      int64_t now);

/* Of one prefix; there need not be anything. */
int item_get(struct ledger *ledger, const struct smtpfence_prefix *prefix, struct item *ret,
	     struct error *error);

/*
 * The same for one prefix after the other, cheap when asked in order. Nothing may be written to the
 * store meanwhile.
 */
struct item_reader {
	struct ledger *ledger;
	struct store_finder *finder;
	int64_t now; /* on the wall clock */
	struct sentence_reader sentences;
};

int item_reader_open(struct item_reader *reader, struct ledger *ledger, struct error *error);
int item_read(struct item_reader *reader, const struct smtpfence_prefix *prefix, struct item *ret,
	      struct error *error);
void item_reader_close(struct item_reader *reader);

/* Whether a block is wanted that @prefix lies in without being it, at least @from bits long. */
int item_is_covered(struct item_reader *reader, const struct smtpfence_prefix *prefix,
		    unsigned int from, struct error *error);

typedef int (*item_fn)(const struct item *item, void *userdata);

struct item_filter {
	const struct smtpfence_prefix *in;    /* NULL: everywhere */
	const struct smtpfence_prefix *after; /* NULL: from the first */
	bool running;			      /* leave out sentences that do not run */
};

/* All items in the order of prefix_compare. A return of @fn other than 0 ends the walk. */
int item_each(struct ledger *ledger, const struct item_filter *filter, item_fn fn, void *userdata,
	      struct error *error);

/* The entry that the item wants to see in the kernel; false: none. */
bool item_wants_drop(const struct ledger *ledger, const struct item *item, struct entry *ret);

/* The narrowest entry wanted that @prefix lies in without being it. -ENOENT: none. */
int item_find_cover(struct ledger *ledger, const struct smtpfence_prefix *prefix, struct item *ret,
		    struct error *error);

#endif
