/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded ring between one thread that waits for the network and the event loop that must not.
 * Nothing is ever dropped: where the loop is behind, the thread waits.
 */
#ifndef SMTPFENCE_NATS_QUEUE_H
#define SMTPFENCE_NATS_QUEUE_H

#include <stddef.h>

#include "base/cleanup.h"

struct queue;

/* Releases what an item owns. */
typedef void (*queue_clear_fn)(void *item);

/* Items are copied bytewise. 0 or negative errno. */
int queue_new(size_t item_size, size_t capacity, queue_clear_fn clear, struct queue **ret);

/* For the event loop: readable as long as there is something to take. */
int queue_fd(const struct queue *queue);

/*
 * Takes @item over, waiting while the ring is full. -ECANCELED: closed, and @item was cleared.
 */
int queue_push(struct queue *queue, void *item);

/* Moves up to @max items to @ret, oldest first, without waiting. Returns how many. */
size_t queue_take(struct queue *queue, void *ret, size_t max);

size_t queue_count(struct queue *queue);

/* Nothing can be pushed any more; who waits to push is woken. */
void queue_close(struct queue *queue);

/* Nobody may be pushing. Clears what was not taken. */
void queue_free(struct queue *queue);
DEFINE_CLEANUP(struct queue *, queue_free)

#endif
