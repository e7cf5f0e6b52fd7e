/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/nearest.h"

#include <string.h>

#define WORD_MAX 32 /* longer ones are no typing errors of ours */

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance, one row of the table at a time. @b is shorter than WORD_MAX. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[WORD_MAX], columns = strlen(b);

	for (size_t j = 0; j <= columns; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 1; j <= columns; j++) {
			size_t above = row[j];

			row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[columns];
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
