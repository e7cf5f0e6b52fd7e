/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sentences of many prefixes, one after the other: cheap when asked in order. */
#ifndef SMTPFENCE_LEDGER_SENTENCE_READER_H
#define SMTPFENCE_LEDGER_SENTENCE_READER_H

#include "store/store.h"

/*
 * What was asked for may be changed in the store at once. Whatever else is changed there makes a
 * reader useless: it is begun anew then.
 */
#define SENTENCES_AHEAD 64
struct sentence_reader {
	struct store *store;
	/* All that there are behind `asked`, up to the last one of them, or to the end. */
	struct sentence items[SENTENCES_AHEAD];
	size_t count, next;
	size_t ahead; /* so many are read at once: as many as turn out to be of use */
	struct smtpfence_prefix asked; /* last */
	bool read, all;		       /* some were; there are no more */
};

void sentence_reader_begin(struct sentence_reader *reader, struct store *store);

/* 1: @ret, valid until the next is asked for; 0: never heard of; or a negative errno. */
int sentence_read(struct sentence_reader *reader, const struct smtpfence_prefix *prefix,
		  const struct sentence **ret, struct error *error);

#endif
