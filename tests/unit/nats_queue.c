/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "nats/queue.h"

#define MANY	 100000
#define CAPACITY 7
#define TURN	 3

static unsigned int cleared;

static void count_cleared(void *item)
{
	(void)item;
	cleared++;
}

static struct queue *make(void)
{
	struct queue *queue = NULL;

	cleared = 0;
	assert_int_equal(queue_new(sizeof(int), CAPACITY, count_cleared, &queue), 0);
	return queue;
}

static bool is_readable(const struct queue *queue, int timeout)
{
	struct pollfd fd = {.fd = queue_fd(queue), .events = POLLIN};

	return poll(&fd, 1, timeout) == 1;
}

static void *push_many(void *userdata)
{
	for (int i = 0; i < MANY; i++)
		if (queue_push(userdata, &i) < 0)
			return NULL;
	return NULL;
}

/* Far more than fit: the thread waits, nothing is lost, nothing changes places. */
static void test_waits_when_full(void **state)
{
	struct queue *queue = make();
	int items[TURN], next = 0;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, push_many, queue), 0);
	while (next < MANY) {
		size_t count;

		assert_true(is_readable(queue, 10000));
		assert_true(queue_count(queue) <= CAPACITY);
		count = queue_take(queue, items, TURN);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(items[i], next++);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_false(is_readable(queue, 0));
	assert_int_equal(queue_take(queue, items, TURN), 0);
	queue_free(queue);
	assert_int_equal(cleared, 0);
}

static void test_readable_while_not_empty(void **state)
{
	struct queue *queue = make();
	int items[TURN], item = 0;

	(void)state;
	assert_false(is_readable(queue, 0));
	for (; item < TURN + 1; item++)
		assert_int_equal(queue_push(queue, &item), 0);
	assert_int_equal(queue_take(queue, items, TURN), TURN);
	assert_true(is_readable(queue, 0));
	assert_int_equal(queue_take(queue, items, TURN), 1);
	assert_false(is_readable(queue, 0));
	queue_free(queue);
}

/* Who waits is woken, and nothing that was pushed leaks. */
static void test_close(void **state)
{
	struct queue *queue = make();
	pthread_t thread;
	int item = 1;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, push_many, queue), 0);
	while (queue_count(queue) < CAPACITY)
		assert_true(is_readable(queue, 10000));
	queue_close(queue);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(queue_push(queue, &item), -ECANCELED);
	assert_int_equal(cleared, 2);
	queue_free(queue);
	assert_int_equal(cleared, 2 + CAPACITY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_when_full),
		cmocka_unit_test(test_readable_while_not_empty),
		cmocka_unit_test(test_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
