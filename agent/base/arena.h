/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for many small things that go together: a million of them are given back at once, and
 * none has malloc's own bytes beside it. {0} is an empty one.
 */
#ifndef SMTPFENCE_BASE_ARENA_H
#define SMTPFENCE_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* owned; the newest first */
	size_t left;		    /* bytes of the newest that are free */
};

/* Zeroed, aligned for anything; valid until arena_clear. NULL: out of memory. */
void *arena_get(struct arena *arena, size_t size);
/* The same, with a copy of @text. */
char *arena_copy(struct arena *arena, const char *text);
void arena_clear(struct arena *arena);

#endif
