/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/download.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>

struct download {
	struct transfer *transfer;
	FILE *content;
	download_done_fn done;
	void *userdata;
};

static void download_free(struct download *download)
{
	if (download->content)
		fclose(download->content);
	free(download);
}

DEFINE_CLEANUP(struct download *, download_free)

static int open_content(const struct config *config, FILE **ret, struct error *error)
{
	_cleanup_free_ char *state = strdup(config->state);
	const char *folder = state ? dirname(state) : NULL;
	int fd;

	if (!folder)
		return error_set(error, -ENOMEM, "out of memory");
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd < 0)
		return error_set(error, -errno, "cannot make a temporary file in %s: %s", folder,
				 strerror(errno));
	*ret = fdopen(fd, "w+");
	if (*ret)
		return 0;
	close(fd);
	return error_set(error, -ENOMEM, "out of memory");
}

static int write_content(const void *data, size_t size, void *userdata, struct error *error)
{
	const struct download *download = userdata;

	if (fwrite(data, 1, size, download->content) != size)
		return error_set(error, -errno, "cannot keep what came: %s", strerror(errno));
	return 0;
}

static void on_done(int code, const struct transfer_result *result, const struct error *error,
		    void *userdata)
{
	_cleanup_(download_freep) struct download *download = userdata;
	FILE *content = NULL;
	struct error own = *error;

	if (code == 0 && fflush(download->content) != 0)
		code = error_set(&own, -errno, "cannot keep what came: %s", strerror(errno));
	if (code == 0) {
		content = STEAL(download->content);
		rewind(content);
	}
	download->done(code, result, content, &own, download->userdata);
}

int download_start(struct transfers *transfers, const struct config *config,
		   const struct transfer_request *request, download_done_fn done, void *userdata,
		   struct download **ret, struct error *error)
{
	_cleanup_(download_freep) struct download *download = calloc(1, sizeof(*download));
	struct transfer_request own = *request;
	int r;

	if (!download)
		return error_set(error, -ENOMEM, "out of memory");
	download->done = done;
	download->userdata = userdata;
	r = open_content(config, &download->content, error);
	if (r < 0)
		return r;
	own.write = write_content;
	own.done = on_done;
	own.userdata = download;
	r = transfer_start(transfers, &own, &download->transfer, error);
	if (r < 0)
		return r;
	*ret = STEAL(download);
	return 0;
}

void download_cancel(struct download *download)
{
	transfer_cancel(download->transfer);
	download_free(download);
}
