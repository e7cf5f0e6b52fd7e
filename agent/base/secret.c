/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/secret.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#define BLANKS " \t\r\n"

/* Of the open file, so that nobody can put another one in its place after the look. */
static int check_file(int fd, const char *path, struct error *error)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return error_set(error, -errno, "%s: cannot be read: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return error_set(error, -EINVAL, "%s: is not a regular file", path);
	if (status.st_mode & (S_IRWXG | S_IRWXO))
		return error_set(error, -EACCES,
				 "%s: others may read or change this secret: chmod 600 %s", path,
				 path);
	if (status.st_uid != 0 && status.st_uid != geteuid())
		return error_set(error, -EACCES, "%s: belongs to somebody else: chown root %s",
				 path, path);
	return 0;
}

/* A NUL would cut it short unseen, a line break in a header begin another one. */
static bool is_visible(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isascii((unsigned char)text[i]) || !isgraph((unsigned char)text[i]))
			return false;
	return true;
}

static int check_text(const char *text, size_t length, const char *path, struct error *error)
{
	if (length == 0)
		return error_set(error, -EBADMSG, "%s: there is no secret in it", path);
	if (length > SECRET_LENGTH_MAX)
		return error_set(error, -EBADMSG, "%s: is longer than %d bytes", path,
				 SECRET_LENGTH_MAX);
	if (!is_visible(text, length))
		return error_set(error, -EBADMSG,
				 "%s: must hold one line of visible ASCII characters", path);
	return 0;
}

int secret_read(const char *path, char **ret, struct error *error)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	/* What is longer than a secret can be is read so far only that this is seen. */
	char text[SECRET_LENGTH_MAX + 3];
	ssize_t length;
	int r;

	if (fd < 0)
		return error_set(error, -errno, "%s: cannot be read: %s", path, strerror(errno));
	r = check_file(fd, path, error);
	if (r < 0)
		return r;
	length = read(fd, text, sizeof(text));
	if (length < 0)
		return error_set(error, -errno, "%s: cannot be read: %s", path, strerror(errno));
	while (length > 0 && strchr(BLANKS, text[length - 1]))
		length--;
	r = check_text(text, (size_t)length, path, error);
	if (r >= 0) {
		*ret = strndup(text, (size_t)length);
		r = *ret ? 0 : error_set(error, -ENOMEM, "%s: out of memory", path);
	}
	explicit_bzero(text, sizeof(text));
	return r;
}

int secret_read_header(const char *path, const char *prefix, char **ret, struct error *error)
{
	_cleanup_(secret_freep) char *secret = NULL;
	int r = secret_read(path, &secret, error);

	if (r < 0)
		return r;
	if (asprintf(ret, "%s%s", prefix, secret) >= 0)
		return 0;
	*ret = NULL;
	return error_set(error, -ENOMEM, "%s: out of memory", path);
}

void secret_free(char *secret)
{
	if (!secret)
		return;
	explicit_bzero(secret, strlen(secret));
	free(secret);
}
