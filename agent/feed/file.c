/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#define FILE_SCHEME "file://"

const char *file_path(const char *url)
{
	return url + strlen(FILE_SCHEME);
}

static struct file_mark mark_of(const struct stat *status)
{
	return (struct file_mark){
		.device = status->st_dev,
		.inode = status->st_ino,
		.size = status->st_size,
		.modified = status->st_mtim,
	};
}

/* Without O_NONBLOCK, opening a FIFO would wait for somebody to write to it. */
static FILE *open_stream(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	FILE *stream;

	if (fd < 0)
		return NULL;
	stream = fdopen(fd, "r");
	if (!stream)
		close(fd);
	return stream;
}

int file_open(const char *path, FILE **ret, struct file_mark *ret_mark, struct error *error)
{
	_cleanup_fclose_ FILE *stream = open_stream(path);
	struct stat status;

	if (!stream || fstat(fileno(stream), &status) < 0)
		return error_set(error, -errno, "cannot read %s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return error_set(error, -EINVAL, "cannot read %s: it is not a regular file", path);
	*ret_mark = mark_of(&status);
	*ret = STEAL(stream);
	return 0;
}

bool file_mark_equal(const struct file_mark *a, const struct file_mark *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->modified.tv_sec == b->modified.tv_sec &&
	       a->modified.tv_nsec == b->modified.tv_nsec;
}

bool file_is_unchanged(FILE *stream, const struct file_mark *mark)
{
	struct file_mark now;
	struct stat status;

	if (fstat(fileno(stream), &status) < 0)
		return false;
	now = mark_of(&status);
	return file_mark_equal(&now, mark);
}
