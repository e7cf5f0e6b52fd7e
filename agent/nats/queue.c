/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nats/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t room;
	int fd;
	bool closed;
	queue_clear_fn clear;
	size_t item_size, capacity;
	size_t first, count;
	char items[]; /* a ring */
};

static void *place(struct queue *queue, size_t index)
{
	return queue->items + (queue->first + index) % queue->capacity * queue->item_size;
}

int queue_new(size_t item_size, size_t capacity, queue_clear_fn clear, struct queue **ret)
{
	struct queue *queue = calloc(1, sizeof(*queue) + item_size * capacity);

	if (!queue)
		return -ENOMEM;
	queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (queue->fd < 0) {
		free(queue);
		return -errno;
	}
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->room, NULL);
	queue->clear = clear;
	queue->item_size = item_size;
	queue->capacity = capacity;
	*ret = queue;
	return 0;
}

int queue_fd(const struct queue *queue)
{
	return queue->fd;
}

int queue_push(struct queue *queue, void *item)
{
	bool closed;

	pthread_mutex_lock(&queue->lock);
	while (queue->count == queue->capacity && !queue->closed)
		pthread_cond_wait(&queue->room, &queue->lock);
	closed = queue->closed;
	if (!closed) {
		memcpy(place(queue, queue->count), item, queue->item_size);
		if (queue->count++ == 0)
			eventfd_write(queue->fd, 1);
	}
	pthread_mutex_unlock(&queue->lock);
	if (closed)
		queue->clear(item);
	return closed ? -ECANCELED : 0;
}

size_t queue_take(struct queue *queue, void *ret, size_t max)
{
	char *to = ret;
	eventfd_t ignored;
	size_t taken;

	pthread_mutex_lock(&queue->lock);
	for (taken = 0; taken < max && queue->count > 0; taken++) {
		memcpy(to + taken * queue->item_size, place(queue, 0), queue->item_size);
		queue->first = (queue->first + 1) % queue->capacity;
		queue->count--;
	}
	if (queue->count == 0)
		eventfd_read(queue->fd, &ignored);
	pthread_cond_signal(&queue->room);
	pthread_mutex_unlock(&queue->lock);
	return taken;
}

size_t queue_count(struct queue *queue)
{
	size_t count;

	pthread_mutex_lock(&queue->lock);
	count = queue->count;
	pthread_mutex_unlock(&queue->lock);
	return count;
}

void queue_close(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	pthread_cond_signal(&queue->room);
	pthread_mutex_unlock(&queue->lock);
}

void queue_free(struct queue *queue)
{
	if (!queue)
		return;
	for (size_t i = 0; i < queue->count; i++)
		queue->clear(place(queue, i));
	pthread_cond_destroy(&queue->room);
	pthread_mutex_destroy(&queue->lock);
	close(queue->fd);
	free(queue);
}
