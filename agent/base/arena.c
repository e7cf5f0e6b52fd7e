/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 32768UL
#define ALIGNMENT  sizeof(long)

struct arena_block {
	struct arena_block *next;
	size_t size; /* of what follows */
	char bytes[];
};

static struct arena_block *add_block(struct arena *arena, size_t size)
{
	struct arena_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->next = arena->blocks;
	block->size = size;
	arena->blocks = block;
	arena->left = size;
	return block;
}

void *arena_get(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;

	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (!block || size > arena->left)
		block = add_block(arena, size > BLOCK_SIZE ? size : BLOCK_SIZE);
	if (!block)
		return NULL;
	arena->left -= size;
	return block->bytes + (block->size - arena->left - size);
}

char *arena_copy(struct arena *arena, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = arena_get(arena, size);

	return copy ? memcpy(copy, text, size) : NULL;
}

void arena_clear(struct arena *arena)
{
	struct arena_block *block, *next;

	for (block = arena->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	*arena = (struct arena){0};
}
