/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listings as they lie in a chunk: one behind the other, 25 bytes each, in the order of
 * prefix_compare. 16 bytes of address, one of length (together a key, see internal.h), and the end
 * in 8 bytes, big endian.
 */
#ifndef SMTPFENCE_STORE_RECORDS_H
#define SMTPFENCE_STORE_RECORDS_H

#include "store/internal.h"

#define RECORD_SIZE (PREFIX_KEY_SIZE + 8)

struct records {
	uint8_t *bytes; /* owned */
	size_t count, room;
};

void records_clear(struct records *records);

/* 0 or -ENOMEM. */
int records_add(struct records *records, const struct smtpfence_prefix *prefix, int64_t until);

void record_read(const uint8_t *record, struct listing *ret);
int64_t record_until(const uint8_t *record);

/* The first of @count records that does not stand before @key; their end if there is none. */
const uint8_t *records_seek(const uint8_t *bytes, size_t count, const uint8_t *key);

/* The earliest end of any; 0: none of them ends. */
int64_t records_first_end(const uint8_t *bytes, size_t count);

#endif
