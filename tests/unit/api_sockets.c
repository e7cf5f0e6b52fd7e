/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making the sockets: what is in the way, who may connect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "api/sockets.h"
#include "base/cleanup.h"

#define GROUP 12345

struct fixture {
	char folder[64]; /* does not exist yet */
	char path[80];
	struct error error;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char parent[] = "/tmp/smtpfence-XXXXXX";

	if (!fixture || !mkdtemp(parent))
		return -1;
	snprintf(fixture->folder, sizeof(fixture->folder), "%s/run", parent);
	snprintf(fixture->path, sizeof(fixture->path), "%s/socket", fixture->folder);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	unlink(fixture->path);
	rmdir(fixture->folder);
	*strrchr(fixture->folder, '/') = '\0';
	rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static mode_t mode_of(const char *path, gid_t *ret_group)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	if (ret_group)
		*ret_group = status.st_gid;
	return status.st_mode & 07777;
}

static int listen_unix(struct fixture *fixture, gid_t group, int *ret_fd)
{
	return socket_listen_unix(fixture->path, group, ret_fd, &fixture->error);
}

static void test_modes_do_not_depend_on_the_umask(void **state)
{
	static const mode_t masks[] = {0, 077, 0777};
	struct fixture *fixture = *state;
	mode_t before = umask(0);

	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		gid_t group;
		int fd;

		umask(masks[i]);
		assert_int_equal(listen_unix(fixture, GROUP, &fd), 0);
		assert_int_equal(mode_of(fixture->folder, NULL), 0755);
		assert_int_equal(mode_of(fixture->path, &group), 0660);
		assert_int_equal(group, GROUP);
		close(fd);
		assert_int_equal(unlink(fixture->path), 0);
		assert_int_equal(rmdir(fixture->folder), 0);
	}
	umask(before);
}

static void test_a_folder_that_is_there_keeps_its_mode(void **state)
{
	struct fixture *fixture = *state;
	int fd;

	assert_int_equal(mkdir(fixture->folder, 0711), 0);
	assert_int_equal(listen_unix(fixture, -1, &fd), 0);
	assert_int_equal(mode_of(fixture->folder, NULL), 0711);
	close(fd);
}

static void test_a_stale_socket_is_replaced(void **state)
{
	struct fixture *fixture = *state;
	int fd;

	assert_int_equal(listen_unix(fixture, -1, &fd), 0);
	close(fd);
	assert_int_equal(listen_unix(fixture, -1, &fd), 0);
	close(fd);
}

static void test_a_socket_that_answers_stays(void **state)
{
	struct fixture *fixture = *state;
	int first = -1, second = -1;

	assert_int_equal(listen_unix(fixture, -1, &first), 0);
	assert_int_equal(listen_unix(fixture, -1, &second), -EADDRINUSE);
	assert_non_null(strstr(fixture->error.text, fixture->path));
	assert_int_equal(access(fixture->path, F_OK), 0);
	close(first);
}

static void test_a_file_in_the_way_stays(void **state)
{
	struct fixture *fixture = *state;
	int fd;

	assert_int_equal(mkdir(fixture->folder, 0755), 0);
	close(open(fixture->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(listen_unix(fixture, -1, &fd), -EEXIST);
	assert_non_null(strstr(fixture->error.text, "is no socket"));
	assert_int_equal(access(fixture->path, F_OK), 0);
}

static void test_a_path_too_long_for_a_socket(void **state)
{
	struct fixture *fixture = *state;
	char path[200] = "/tmp/";
	int fd;

	memset(path + 5, 'x', sizeof(path) - 6);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(socket_listen_unix(path, -1, &fd, &fixture->error), -ENAMETOOLONG);
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in address = {};
	socklen_t size = sizeof(address);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	return ntohs(address.sin_port);
}

static void test_tcp(void **state)
{
	struct fixture *fixture = *state;
	int first = -1, second = -1;
	uint16_t port;

	assert_int_equal(socket_listen_tcp("127.0.0.1", 0, &first, &fixture->error), 0);
	port = port_of(first);
	assert_int_equal(socket_listen_tcp("127.0.0.1", port, &second, &fixture->error),
			 -EADDRINUSE);
	assert_non_null(strstr(fixture->error.text, "api.listen 127.0.0.1 port"));
	close(first);
	assert_int_equal(socket_listen_tcp("localhost", 0, &second, &fixture->error), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_modes_do_not_depend_on_the_umask),
		TEST(test_a_folder_that_is_there_keeps_its_mode),
		TEST(test_a_stale_socket_is_replaced),
		TEST(test_a_socket_that_answers_stays),
		TEST(test_a_file_in_the_way_stays),
		TEST(test_a_path_too_long_for_a_socket),
		TEST(test_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
