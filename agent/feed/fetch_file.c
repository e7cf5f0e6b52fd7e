/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file://: opened on the spot, and watched. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "feed/fetch.h"
#include "feed/file.h"
#include "feed/watch.h"

struct file {
	struct fetch fetch;
	struct watch *watch;
	int watch_problem;	 /* negative errno that was logged */
	struct file_mark opened; /* of what was handed over last */
	bool in_force;		 /* and what has become of it */
};

static struct file *file_of(struct fetch *fetch)
{
	return (struct file *)fetch;
}

static const char *name(const struct fetch *fetch)
{
	return file_path(fetch->config->link.url);
}

static int open_file(struct fetch *fetch, struct error *error)
{
	int r = watch_new(fetch->context->event, name(fetch), fetch->owner.changed,
			  fetch->owner.userdata, &file_of(fetch)->watch);

	return r < 0 ? error_set(error, r, "cannot watch %s: %s", name(fetch), strerror(-r)) : 0;
}

static void renew_watch(struct file *file)
{
	const struct config_feed *config = file->fetch.config;
	int r = watch_renew(file->watch);

	/* That a folder is missing is said by reading, since then the file is missing, too. */
	if (r < 0 && r != -ENOENT && r != file->watch_problem)
		log_warning("feed %s: cannot watch the folder of %s: %s; it is only read every "
			    "%" PRIu64 " s%s",
			    config->name, name(&file->fetch), strerror(-r), config->interval,
			    r == -ENOSPC ? ": raise fs.inotify.max_user_watches" : "");
	file->watch_problem = r;
}

static void start(struct fetch *fetch, enum reader_effort effort)
{
	struct file *file = file_of(fetch);
	struct fetch_owner *owner = &fetch->owner;
	_cleanup_fclose_ FILE *content = NULL;
	struct error error = {};
	struct file_mark mark;
	int r;

	/* First the watch, then the file: what changes in between is read again. */
	renew_watch(file);
	r = file_open(name(fetch), &content, &mark, &error);
	if (r < 0)
		return owner->done(r, NULL, &error, owner->userdata);
	if (effort == READER_IF_CHANGED && file->in_force && file_mark_equal(&mark, &file->opened))
		return owner->done(0, NULL, NULL, owner->userdata);
	file->opened = mark;
	file->in_force = false;
	owner->done(0, STEAL(content), NULL, owner->userdata);
}

static bool is_whole(const struct fetch *fetch, FILE *content)
{
	return file_is_unchanged(content, &((const struct file *)fetch)->opened);
}

static void settle(struct fetch *fetch, bool in_force)
{
	file_of(fetch)->in_force = in_force;
}

static void close_file(struct fetch *fetch)
{
	watch_free(file_of(fetch)->watch);
}

const struct fetch_ops fetch_file = {
	.size = sizeof(struct file),
	.open = open_file,
	.start = start,
	.is_whole = is_whole,
	.settle = settle,
	.name = name,
	.close = close_file,
};
