/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/watch.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* Long enough for a writer's last close to follow its first, too short for anyone to notice. */
#define SETTLE_USEC   50000
#define ACCURACY_USEC 1000

/* A file is complete when it is closed or moved into place, not when it is created. */
#define FILE_EVENTS   (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)
#define FOLDER_EVENTS (IN_MOVE_SELF | IN_ONLYDIR)

struct watch {
	sd_event *event;
	char *folder;
	char *name; /* of the file in the folder */
	watch_fn changed;
	void *userdata;
	sd_event_source *timer;	  /* runs from the first change of a burst */
	sd_event_source *inotify; /* NULL: not watching */
	dev_t device;		  /* of the watched folder */
	ino_t inode;
};

static void stop(struct watch *watch)
{
	watch->inotify = sd_event_source_disable_unref(watch->inotify);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct watch *watch = userdata;

	(void)source;
	(void)usec;
	watch->changed(watch->userdata);
	return 0;
}

static int start_timer(struct watch *watch)
{
	int r;

	if (sd_event_source_get_enabled(watch->timer, NULL) > 0)
		return 0;
	r = sd_event_source_set_time_relative(watch->timer, SETTLE_USEC);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(watch->timer, SD_EVENT_ONESHOT);
}

static bool concerns_file(const struct watch *watch, const struct inotify_event *event)
{
	if (event->mask & IN_Q_OVERFLOW)
		return true;
	return event->len > 0 && strcmp(event->name, watch->name) == 0;
}

static int on_inotify(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	struct watch *watch = userdata;

	(void)source;
	if (event->mask & (IN_IGNORED | IN_UNMOUNT | IN_MOVE_SELF))
		stop(watch);
	else if (!concerns_file(watch, event))
		return 0;
	return start_timer(watch);
}

int watch_renew(struct watch *watch)
{
	struct stat status;
	int r;

	if (stat(watch->folder, &status) < 0) {
		r = -errno;
		stop(watch);
		return r;
	}
	if (watch->inotify && status.st_dev == watch->device && status.st_ino == watch->inode)
		return 0;
	stop(watch);
	r = sd_event_add_inotify(watch->event, &watch->inotify, watch->folder,
				 FILE_EVENTS | FOLDER_EVENTS, on_inotify, watch);
	if (r < 0)
		return r;
	watch->device = status.st_dev;
	watch->inode = status.st_ino;
	return 0;
}

static int split_path(struct watch *watch, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t length = (size_t)(slash - path);

	watch->folder = strndup(path, length > 0 ? length : 1);
	watch->name = strdup(slash + 1);
	return watch->folder && watch->name ? 0 : -ENOMEM;
}

int watch_new(sd_event *event, const char *path, watch_fn changed, void *userdata,
	      struct watch **ret)
{
	_cleanup_(watch_freep) struct watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	watch->event = sd_event_ref(event);
	watch->changed = changed;
	watch->userdata = userdata;
	r = split_path(watch, path);
	if (r < 0)
		return r;
	r = sd_event_add_time_relative(event, &watch->timer, CLOCK_BOOTTIME, 0, ACCURACY_USEC,
				       on_timer, watch);
	if (r < 0)
		return r;
	r = sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	*ret = STEAL(watch);
	return 0;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	stop(watch);
	sd_event_source_disable_unref(watch->timer);
	sd_event_unref(watch->event);
	free(watch->folder);
	free(watch->name);
	free(watch);
}
