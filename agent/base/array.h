/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays whose final size is known only at the end. */
#ifndef SMTPFENCE_BASE_ARRAY_H
#define SMTPFENCE_BASE_ARRAY_H

#include <stdlib.h>

/*
 * Makes room for one more item behind the @count there are, by doubling at each power of two, so
 * that no capacity has to be kept. NULL: out of memory, and @items is as it was.
 */
static inline void *array_grow(void *items, size_t count, size_t size)
{
	if (count & (count - 1))
		return items;
	return reallocarray(items, count ? 2 * count : 1, size);
}

#endif
