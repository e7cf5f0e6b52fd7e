/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/nearest.h"

#include <string.h>

#define WORD_MAX 32 /* longer ones are no typing errors of ours */

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Letters added, left out, changed, or swapped with their neighbour: one edit each. In row i and
 * column j of the table stands the distance of the first i letters of @a from the first j of @b.
 * Both words are shorter than WORD_MAX.
 */
static size_t edit_distance(const char *a, const char *b)
{
	size_t table[WORD_MAX][WORD_MAX], rows = strlen(a), columns = strlen(b);

	for (size_t i = 0; i <= rows; i++)
		table[i][0] = i;
	for (size_t j = 0; j <= columns; j++)
		table[0][j] = j;
	for (size_t i = 1; i <= rows; i++) {
		for (size_t j = 1; j <= columns; j++) {
			size_t least = table[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			least = smaller(least, smaller(table[i - 1][j], table[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				least = smaller(least, table[i - 2][j - 2] + 1);
			table[i][j] = least;
		}
	}
	return table[rows][columns];
}

const char *nearest_name(const char *word, const char *const *names, size_t count)
{
	size_t length = strlen(word), best = length / 3 > 1 ? length / 3 : 1;
	const char *nearest = NULL;

	if (length >= WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t distance;

		if (!names[i] || strlen(names[i]) >= WORD_MAX)
			continue;
		distance = edit_distance(word, names[i]);
		if (distance > best || (nearest && distance == best))
			continue;
		best = distance;
		nearest = names[i];
	}
	return nearest;
}
