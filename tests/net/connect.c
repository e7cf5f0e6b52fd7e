/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens a TCP connection and prints what connect() says and how long it took, as
 * "ECONNREFUSED 85 us"; "0 120 us" is a success, EINPROGRESS that nobody answered in time.
 *
 * usage: connect ADDRESS PORT
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#define PATIENCE 2 /* seconds: a lost SYN is repeated after one */

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
	const struct timeval patience = {.tv_sec = PATIENCE};
	struct addrinfo *address;
	long long start;
	int fd, error;

	if (argc != 3 || getaddrinfo(argv[1], argv[2], &hints, &address) != 0) {
		fprintf(stderr, "usage: connect ADDRESS PORT\n");
		return 2;
	}
	fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	start = now_us();
	error = connect(fd, address->ai_addr, address->ai_addrlen) ? errno : 0;
	printf("%s %lld us\n", strerrorname_np(error), now_us() - start);
	freeaddrinfo(address);
	return 0;
}
