/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has to go when it gets crowded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "api/clients.h"
#include "base/clock.h"

#define SOMEBODY 65534
#define PLACES	 (2 * CLIENTS_MAX)

struct room {
	struct clients clients;
	struct client *members[PLACES];
	int far[PLACES], near[PLACES];
	size_t count;
};

static int setup(void **state)
{
	struct room *room = calloc(1, sizeof(*room));

	clients_init(&room->clients);
	*state = room;
	return 0;
}

static int teardown(void **state)
{
	struct room *room = *state;

	for (size_t i = 0; i < room->count; i++) {
		client_free(room->members[i]);
		close(room->far[i]);
		close(room->near[i]);
	}
	assert_int_equal(room->clients.count, 0);
	assert_int_equal(room->clients.unread, 0);
	free(room);
	return 0;
}

/* The kernel keeps who made a socket pair. Returns its number. */
static size_t join(struct room *room, uid_t uid)
{
	size_t i = room->count++;
	int pair[2];

	assert_int_equal(seteuid(uid), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(seteuid(0), 0);
	room->near[i] = pair[0];
	room->far[i] = pair[1];
	room->members[i] = clients_add(&room->clients, pair[0]);
	assert_non_null(room->members[i]);
	assert_int_equal(room->members[i]->uid, uid);
	return i;
}

/* As the other end sees it. */
static bool is_connected(const struct room *room, size_t i)
{
	char byte;

	return recv(room->far[i], &byte, 1, 0) < 0;
}

static size_t connected(const struct room *room)
{
	size_t count = 0;

	for (size_t i = 0; i < room->count; i++)
		count += is_connected(room, i);
	return count;
}

static void test_the_oldest_of_the_greediest_goes(void **state)
{
	struct room *room = *state;
	size_t modest = join(room, 0);

	for (size_t i = 1; i < CLIENTS_MAX; i++)
		join(room, SOMEBODY);
	assert_int_equal(connected(room), CLIENTS_MAX);
	join(room, 0);
	assert_true(is_connected(room, modest));
	assert_false(is_connected(room, modest + 1));
	assert_true(is_connected(room, modest + 2));
	for (size_t i = 0; i < 50; i++)
		join(room, SOMEBODY);
	assert_true(is_connected(room, modest));
	assert_false(is_connected(room, modest + 51));
	assert_true(is_connected(room, modest + 52));
	assert_int_equal(room->clients.count, CLIENTS_MAX);
	assert_int_equal(connected(room), CLIENTS_MAX);
}

static void test_who_leaves_makes_room(void **state)
{
	struct room *room = *state;

	for (size_t i = 0; i < CLIENTS_MAX; i++)
		join(room, 0);
	client_free(room->members[7]);
	room->members[7] = NULL;
	join(room, 0);
	assert_int_equal(connected(room), CLIENTS_MAX + 1); /* 7 is not shut down by us */
}

static void test_unread_answers_are_bounded(void **state)
{
	struct room *room = *state;

	for (size_t i = 0; i < 5; i++)
		client_answer(room->members[join(room, 0)], CLIENTS_UNREAD_MAX / 4);
	assert_false(is_connected(room, 0));
	for (size_t i = 1; i < 5; i++)
		assert_true(is_connected(room, i));
	client_turn(room->members[1]); /* has read his */
	client_answer(room->members[1], CLIENTS_UNREAD_MAX / 4);
	assert_int_equal(connected(room), 4);
	client_answer(room->members[join(room, 0)], 2 * CLIENTS_UNREAD_MAX);
	assert_int_equal(connected(room), 1); /* alone with it */
}

static void test_the_slow_are_sent_away(void **state)
{
	const uint64_t patience = CLIENT_PATIENCE_SEC * NSEC_PER_SEC;
	struct room *room = *state;
	uint64_t joined;

	join(room, 0);
	join(room, 0);
	joined = room->members[0]->since;
	room->members[1]->since = joined + patience;
	clients_sweep(&room->clients, joined + patience);
	assert_int_equal(connected(room), 2);
	clients_sweep(&room->clients, joined + patience + 1);
	assert_false(is_connected(room, 0));
	assert_true(is_connected(room, 1));
	clients_sweep(&room->clients, joined + patience + 2); /* not once more */
	assert_int_equal(room->clients.count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_oldest_of_the_greediest_goes),
		TEST(test_who_leaves_makes_room),
		TEST(test_unread_answers_are_bounded),
		TEST(test_the_slow_are_sent_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
