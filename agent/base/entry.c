/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/entry.h"

#include <stdlib.h>

void entries_clear(struct entries *entries)
{
	free(entries->items);
	entries->items = NULL;
	entries->count = 0;
}
