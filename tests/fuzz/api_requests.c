/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to the API, over its socket, with everything real behind it. An input is
 * "METHOD TARGET", a newline, and the body. Whatever is asked: there is an answer, it is none of
 * 500 to 599 that blames ourselves, and what calls itself JSON is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cmocka.h>

#include "base/clock.h"
#include "fuzz/fuzz.h"
#include "lib/api_host.h"

#define RECEIVE_SIZE 65536
/* Long polling waits for an event that may never come. */
#define PATIENCE_NS (NSEC_PER_SEC / 2)

#define STATUS_INTERNAL_ERROR 500

static struct host *host;

static void end(void)
{
	void *state = host;

	teardown(&state);
}

/* The daemon would end after it, and what it enforces with would be gone for the next input. */
static int no_unload(void *userdata, struct error *error)
{
	(void)userdata;
	(void)error;
	return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct api_context context;
	void *state = NULL;

	(void)argc;
	(void)argv;
	log_set_level(LOG_LEVEL_ERROR);
	if (geteuid() != 0 || setup(&state) < 0) {
		fputs("cannot set up a host: this needs root\n", stderr);
		exit(1);
	}
	host = state;
	context = context_of(host);
	context.unload = no_unload;
	api_reconfigure(host->api, &context);
	return atexit(end);
}

static int open_client(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", host->socket);
	ALWAYS(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

static void send_request(int fd, const uint8_t *bytes, size_t size)
{
	const uint8_t *newline = size ? memchr(bytes, '\n', size) : NULL;
	size_t line = newline ? (size_t)(newline - bytes) : size;
	size_t body = newline ? size - line - 1 : 0;
	char *head;
	int length = asprintf(&head,
			      "%.*s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
			      "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
			      (int)line, (const char *)bytes, body);

	ALWAYS(length >= 0);
	/* The server may have closed it by then. */
	send(fd, head, (size_t)length, MSG_NOSIGNAL);
	if (body)
		send(fd, newline + 1, body, MSG_NOSIGNAL);
	free(head);
}

/* Until the server has closed the connection. */
static char *receive_answer(int fd)
{
	uint64_t end_of_patience = clock_boot_ns() + PATIENCE_NS;
	char *text = calloc(1, 1);
	size_t size = 0;

	while (clock_boot_ns() < end_of_patience) {
		char *longer = realloc(text, size + RECEIVE_SIZE + 1);
		ssize_t length;

		ALWAYS(longer);
		text = longer;
		ALWAYS(sd_event_run(host->event, 0) >= 0);
		length = recv(fd, text + size, RECEIVE_SIZE, MSG_DONTWAIT);
		if (length == 0 || (length < 0 && errno != EAGAIN))
			break;
		size += length > 0 ? (size_t)length : 0;
	}
	text[size] = '\0';
	return text;
}

static void check_answer(const char *text)
{
	const char *body = strstr(text, "\r\n\r\n");
	const char *type = strstr(text, "Content-Type: application/json");
	unsigned int status = 0;

	if (!*text) /* not HTTP, or waiting still */
		return;
	ALWAYS(sscanf(text, "HTTP/1.%*c %u ", &status) == 1);
	ALWAYS(body && status != STATUS_INTERNAL_ERROR);
	if (type && type < body && body[4]) {
		cJSON *json = cJSON_Parse(body + 4);

		ALWAYS(json);
		cJSON_Delete(json);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	int fd = open_client();
	char *text;

	send_request(fd, bytes, size);
	text = receive_answer(fd);
	check_answer(text);
	free(text);
	close(fd);
	return 0;
}
