/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libgen.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "api/sockets.h"
#include "base/cleanup.h"

DEFINE_CLEANUP(struct addrinfo *, freeaddrinfo)

static int fail(struct error *error, const char *path, const char *what)
{
	int code = -errno;

	return error_set(error, code, "%s: %s: %s", path, what, strerror(-code));
}

/* Whatever the umask is, the group must get through. */
static int make_folder(const char *path, struct error *error)
{
	_cleanup_free_ char *copy = strdup(path);
	const char *folder;

	if (!copy)
		return error_set(error, -ENOMEM, "out of memory");
	folder = dirname(copy);
	if (mkdir(folder, 0755) < 0)
		return errno == EEXIST ? 0 : fail(error, folder, "cannot be made");
	return chmod(folder, 0755) < 0 ? fail(error, folder, "cannot be opened to others") : 0;
}

/* Only a socket on which nobody answers is taken away. */
static int remove_stale(const struct sockaddr_un *address, struct error *error)
{
	_cleanup_close_ int fd = -1;
	struct stat status;

	if (lstat(address->sun_path, &status) < 0)
		return errno == ENOENT ? 0 : fail(error, address->sun_path, "cannot be looked at");
	if (!S_ISSOCK(status.st_mode))
		return error_set(error, -EEXIST,
				 "%s: is there already, and is no socket: remove it",
				 address->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(error, address->sun_path, "no socket to be had");
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
	    errno != ECONNREFUSED)
		return error_set(error, -EADDRINUSE, "%s: another daemon answers on it",
				 address->sun_path);
	return unlink(address->sun_path) < 0 ? fail(error, address->sun_path, "cannot be removed")
					     : 0;
}

/* Nobody can connect before listen(): by then owner and mode are right, whatever the umask is. */
static int bind_unix(int fd, const struct sockaddr_un *address, gid_t group, struct error *error)
{
	const char *path = address->sun_path;

	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return fail(error, path, "cannot be made");
	if (group != (gid_t)-1 && chown(path, (uid_t)-1, group) < 0)
		return fail(error, path, "cannot be given to its group");
	if (chmod(path, 0660) < 0)
		return fail(error, path, "its mode cannot be set");
	return listen(fd, SOMAXCONN) < 0 ? fail(error, path, "cannot be listened on") : 0;
}

int socket_listen_unix(const char *path, gid_t group, int *ret_fd, struct error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(error, -ENAMETOOLONG, "%s: longer than the %zu bytes of a socket",
				 path, sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	r = make_folder(path, error);
	if (r >= 0)
		r = remove_stale(&address, error);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(error, path, "no socket to be had");
	r = bind_unix(fd, &address, group, error);
	if (r < 0)
		close(fd);
	else
		*ret_fd = fd;
	return r;
}

static int bind_tcp(int fd, const struct addrinfo *address, const char *name, struct error *error)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0)
		return fail(error, name, "cannot be listened on");
	return 0;
}

int socket_listen_tcp(const char *host, uint16_t port, int *ret_fd, struct error *error)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
				       .ai_socktype = SOCK_STREAM};
	_cleanup_(freeaddrinfop) struct addrinfo *address = NULL;
	char service[8], name[128];
	int fd;
	int r;

	snprintf(service, sizeof(service), "%u", port);
	snprintf(name, sizeof(name), "api.listen %s port %u", host, port);
	r = getaddrinfo(host, service, &hints, &address);
	if (r != 0)
		return error_set(error, -EINVAL, "%s: %s", name, gai_strerror(r));
	fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(error, name, "no socket to be had");
	r = bind_tcp(fd, address, name, error);
	if (r < 0)
		close(fd);
	else
		*ret_fd = fd;
	return r;
}
