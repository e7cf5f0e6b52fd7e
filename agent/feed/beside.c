/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/beside.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#define SHORT_BYTES (128L * 1024)

/* What both sides know. Who comes last, the thread or the loop, frees it. */
struct job {
	const struct beside_ops *ops;
	void *work;	  /* NULL: it was handed over */
	int finished;	  /* eventfd */
	atomic_bool left; /* by one of the two */
};

struct beside {
	struct job *job;
	sd_event_source *source;
	void *userdata;
};

static void job_free(struct job *job)
{
	if (job->work)
		job->ops->free(job->work);
	closep(&job->finished);
	free(job);
}

static void job_leave(struct job *job)
{
	if (atomic_exchange(&job->left, true))
		job_free(job);
}

static void *run(void *userdata)
{
	struct job *job = userdata;

	job->ops->run(job->work);
	/* A counter that starts at 0 takes a 1 without fail. */
	(void)!eventfd_write(job->finished, 1);
	job_leave(job);
	return NULL;
}

static int on_finished(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct beside *beside = userdata;
	struct job *job = STEAL(beside->job);
	void *whose = beside->userdata;

	(void)source;
	(void)fd;
	(void)events;
	beside_cancel(beside);
	job->ops->done(STEAL(job->work), whose);
	job_leave(job);
	return 0;
}

static int start_thread(struct job *job)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int r = pthread_attr_init(&attributes);

	if (r != 0)
		return -r;
	r = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (r == 0)
		r = pthread_create(&thread, &attributes, run, job);
	pthread_attr_destroy(&attributes);
	return -r;
}

static int start(sd_event *event, struct beside *beside)
{
	struct job *job = beside->job;
	int r;

	job->finished = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (job->finished < 0)
		return -errno;
	r = sd_event_add_io(event, &beside->source, job->finished, EPOLLIN, on_finished, beside);
	return r < 0 ? r : start_thread(job);
}

int beside_start(sd_event *event, const struct beside_ops *ops, void *work, void *userdata,
		 struct beside **ret)
{
	struct beside *beside = calloc(1, sizeof(*beside));
	struct job *job = calloc(1, sizeof(*job));
	int r;

	if (!beside || !job) {
		free(beside);
		free(job);
		return -ENOMEM;
	}
	*job = (struct job){.ops = ops, .work = work, .finished = -1};
	*beside = (struct beside){.job = job, .userdata = userdata};
	r = start(event, beside);
	if (r < 0) {
		job->work = NULL;		/* it stays the caller's */
		atomic_store(&job->left, true); /* no thread will */
		beside_cancel(beside);
		return r;
	}
	*ret = beside;
	return 0;
}

void beside_cancel(struct beside *beside)
{
	if (!beside)
		return;
	sd_event_source_disable_unref(beside->source);
	if (beside->job)
		job_leave(beside->job);
	free(beside);
}

bool beside_is_worth(FILE *content)
{
	struct stat status;

	return fileno(content) < 0 || fstat(fileno(content), &status) < 0 ||
	       status.st_size > SHORT_BYTES;
}
