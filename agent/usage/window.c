/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "usage/window.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define FILE_NAME   "last"
#define FRESH_NAME  "last.new"
#define FILE_FORMAT "%" PRIu64 " %" PRId64 " %s\n" /* number, end, boot id */

/* All zero where there was none, or the file is not ours any more. */
static void load_last(int fd, struct window *ret)
{
	int file = openat(fd, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_fclose_ FILE *stream = file < 0 ? NULL : fdopen(file, "r");

	*ret = (struct window){0};
	if (!stream) {
		if (file >= 0)
			close(file);
		return;
	}
	if (fscanf(stream, "%20" SCNu64 " %20" SCNd64 " %36s", &ret->sequence, &ret->to,
		   ret->boot_id) != 3)
		*ret = (struct window){0};
}

int window_next(int fd, struct window *ret, struct error *error)
{
	const struct moment now = clock_now();
	struct window last;

	load_last(fd, &last);
	ret->sequence = last.sequence + 1;
	ret->to = now.wall;
	if (!*clock_boot_id(ret->boot_id))
		return error_set(error, -ENOENT, "/proc does not tell the id of this boot");
	ret->from = strcmp(ret->boot_id, last.boot_id) == 0
			    ? last.to
			    : now.wall - (int64_t)(now.boot / NSEC_PER_SEC);
	return 0;
}

int window_store(int fd, const struct window *window, struct error *error)
{
	int file = openat(fd, FRESH_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int length = -1;

	if (file >= 0) {
		length = dprintf(file, FILE_FORMAT, window->sequence, window->to, window->boot_id);
		close(file);
	}
	if (length < 0 || renameat(fd, FRESH_NAME, fd, FILE_NAME) < 0)
		return error_set(error, -EIO, "cannot note the number of a report: %s",
				 strerror(errno));
	return 0;
}
