/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An array that grows while a map is walked. */
#ifndef SMTPFENCE_COUNTERS_LIST_H
#define SMTPFENCE_COUNTERS_LIST_H

#include <stddef.h>

struct list {
	void *items;
	size_t count;
	size_t capacity;
	size_t item_size;
};

/* A zeroed place at the end, or NULL: out of memory. */
void *list_append(struct list *list);

void list_clear(struct list *list);

/* Hands the items over to the caller, who frees them. */
void *list_steal(struct list *list);

#endif
