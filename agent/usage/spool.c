/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "usage/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/log.h"

#define UNFINISHED	"unfinished"
#define NAME_FORMAT	"%020" PRIu64 ".json" /* so that names sort as numbers do */
#define NAME_MAX_LENGTH 32

struct spool {
	char *folder;
	int fd;
	uint64_t limit;
	struct spool_report *reports; /* from `first` to `count`, oldest first */
	size_t first, count;
	uint64_t size; /* of these, bytes */
	uint64_t dropped;
};

static const char *name_of(uint64_t number, char name[NAME_MAX_LENGTH])
{
	snprintf(name, NAME_MAX_LENGTH, NAME_FORMAT, number);
	return name;
}

/* Only what it would be written as itself: "7.json" is somebody else's. */
static bool is_report(const char *name, uint64_t *ret_number)
{
	char expected[NAME_MAX_LENGTH];

	if (sscanf(name, "%20" SCNu64, ret_number) != 1)
		return false;
	return strcmp(name_of(*ret_number, expected), name) == 0;
}

static int append(struct spool *spool, const struct spool_report *report)
{
	struct spool_report *grown = array_grow(spool->reports, spool->count, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	spool->reports = grown;
	grown[spool->count++] = *report;
	spool->size += report->size;
	return 0;
}

static int find_report(struct spool *spool, const char *name)
{
	struct spool_report report;
	struct stat status;

	if (!is_report(name, &report.number) ||
	    fstatat(spool->fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(status.st_mode))
		return 0;
	report.size = (uint64_t)status.st_size;
	report.written = status.st_mtime;
	return append(spool, &report);
}

static int compare(const void *a, const void *b)
{
	const struct spool_report *first = a, *second = b;

	return (first->number > second->number) - (first->number < second->number);
}

DEFINE_CLEANUP(DIR *, closedir)

static int find_reports(struct spool *spool)
{
	int copy = openat(spool->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(closedirp) DIR *directory = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	int r = 0;

	if (!directory) {
		r = -errno;
		if (copy >= 0)
			close(copy);
		return r;
	}
	while (r >= 0 && (entry = readdir(directory)))
		r = find_report(spool, entry->d_name);
	if (spool->count > 0)
		qsort(spool->reports, spool->count, sizeof(*spool->reports), compare);
	return r;
}

/* As `mkdir -p` does, each folder for root alone. */
static int make_folders(const char *folder)
{
	_cleanup_free_ char *path = strdup(folder);

	if (!path)
		return -ENOMEM;
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static int open_folder(struct spool *spool)
{
	int r = make_folders(spool->folder);

	if (r < 0)
		return r;
	spool->fd = open(spool->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return spool->fd < 0 ? -errno : find_reports(spool);
}

int spool_open(const char *folder, uint64_t limit, struct spool **ret, struct error *error)
{
	_cleanup_(spool_freep) struct spool *spool = calloc(1, sizeof(*spool));
	int r;

	if (!spool)
		return error_set(error, -ENOMEM, "%s: out of memory", folder);
	spool->fd = -1;
	spool->limit = limit;
	spool->folder = strdup(folder);
	r = spool->folder ? open_folder(spool) : -ENOMEM;
	if (r < 0)
		return error_set(error, r, "%s: cannot keep reports there: %s", folder,
				 strerror(-r));
	*ret = STEAL(spool);
	return 0;
}

void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	if (spool->fd >= 0)
		close(spool->fd);
	free(spool->folder);
	free(spool->reports);
	free(spool);
}

void spool_set_limit(struct spool *spool, uint64_t limit)
{
	spool->limit = limit;
}

int spool_folder(const struct spool *spool)
{
	return spool->fd;
}

int spool_begin(struct spool *spool, FILE **ret, struct error *error)
{
	int fd = openat(spool->fd, UNFINISHED, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd >= 0)
		*ret = fdopen(fd, "w");
	if (fd >= 0 && *ret)
		return 0;
	error_set(error, -errno, "%s: cannot write a report: %s", spool->folder, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -EIO;
}

static void drop_beyond_limit(struct spool *spool)
{
	while (spool->size > spool->limit && spool_oldest(spool)) {
		spool_remove_oldest(spool);
		spool->dropped++;
	}
}

int spool_commit(struct spool *spool, uint64_t number, FILE *file, struct error *error)
{
	struct spool_report report = {.number = number};
	char name[NAME_MAX_LENGTH];
	struct stat status;
	int r;

	if (fflush(file) != 0 || ferror(file) || fstat(fileno(file), &status) < 0 ||
	    renameat(spool->fd, UNFINISHED, spool->fd, name_of(number, name)) < 0)
		return error_set(error, -EIO, "%s: cannot write a report: %s", spool->folder,
				 strerror(errno));
	report.size = (uint64_t)status.st_size;
	report.written = status.st_mtime;
	r = append(spool, &report);
	if (r < 0)
		return error_set(error, r, "%s: out of memory", spool->folder);
	drop_beyond_limit(spool);
	return 0;
}

const struct spool_report *spool_oldest(const struct spool *spool)
{
	return spool->first < spool->count ? &spool->reports[spool->first] : NULL;
}

int spool_read(struct spool *spool, const struct spool_report *report, char **ret,
	       struct error *error)
{
	char name[NAME_MAX_LENGTH];
	_cleanup_close_ int fd =
		openat(spool->fd, name_of(report->number, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_free_ char *text = malloc(report->size + 1);
	size_t done = 0;

	if (!text)
		return error_set(error, -ENOMEM, "%s/%s: out of memory", spool->folder, name);
	while (fd >= 0 && done < report->size) {
		ssize_t count = read(fd, text + done, report->size - done);

		if (count <= 0)
			break;
		done += (size_t)count;
	}
	if (done < report->size || done == 0 || text[done - 1] != '\n')
		return error_set(error, -EBADMSG, "%s/%s: is not a whole report", spool->folder,
				 name);
	*ret = STEAL(text);
	return 0;
}

/* The places in front are given back when they are as many as those in use. */
static void close_up(struct spool *spool)
{
	size_t left = spool->count - spool->first;

	if (spool->first < left)
		return;
	memmove(spool->reports, spool->reports + spool->first, left * sizeof(*spool->reports));
	spool->first = 0;
	spool->count = left;
}

void spool_remove_oldest(struct spool *spool)
{
	const struct spool_report *report = &spool->reports[spool->first];
	char name[NAME_MAX_LENGTH];

	if (unlinkat(spool->fd, name_of(report->number, name), 0) < 0 && errno != ENOENT)
		log_warning("%s/%s: cannot be removed: %s", spool->folder, name, strerror(errno));
	spool->size -= report->size;
	spool->first++;
	close_up(spool);
}

size_t spool_count(const struct spool *spool)
{
	return spool->count - spool->first;
}

uint64_t spool_dropped(const struct spool *spool)
{
	return spool->dropped;
}
