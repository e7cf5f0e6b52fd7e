/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/parsing.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

/* Parsed in a few milliseconds: a thread would only make it slower. */
#define SHORT_BYTES (128L * 1024)

/* What the thread has. Who comes last, it or the loop, frees it. */
struct job {
	const struct feed_format *format;
	FILE *content;
	char *name;
	int finished;	  /* eventfd */
	atomic_bool left; /* by one of the two */
	int code;
	struct feed_batch *batch;
	struct error error;
};

struct parsing {
	struct job *job;
	sd_event_source *source;
	parsing_done_fn done;
	void *userdata;
};

static void job_free(struct job *job)
{
	if (job->content)
		fclose(job->content);
	feed_batch_free(job->batch);
	closep(&job->finished);
	free(job->name);
	free(job);
}

static void job_leave(struct job *job)
{
	if (atomic_exchange(&job->left, true))
		job_free(job);
}

static void job_run(struct job *job)
{
	job->code = job->format->parse(job->content, job->name, &job->batch, &job->error);
}

static void *run_beside(void *userdata)
{
	struct job *job = userdata;

	job_run(job);
	/* A counter that starts at 0 takes a 1 without fail. */
	(void)!eventfd_write(job->finished, 1);
	job_leave(job);
	return NULL;
}

static struct job *job_new(const struct feed_format *format, FILE *content, const char *name)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job) {
		fclose(content);
		return NULL;
	}
	job->format = format;
	job->content = content;
	job->name = strdup(name);
	job->finished = -1;
	if (job->name)
		return job;
	job_free(job);
	return NULL;
}

static void hand_over(struct job *job, parsing_done_fn done, void *userdata)
{
	done(job->code, STEAL(job->batch), STEAL(job->content), &job->error, userdata);
}

static int on_finished(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct parsing *parsing = userdata;
	struct job *job = STEAL(parsing->job);
	parsing_done_fn done = parsing->done;
	void *whose = parsing->userdata;

	(void)source;
	(void)fd;
	(void)events;
	parsing_cancel(parsing);
	hand_over(job, done, whose);
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
		r = pthread_create(&thread, &attributes, run_beside, job);
	pthread_attr_destroy(&attributes);
	return -r;
}

static int start_beside(sd_event *event, struct parsing *parsing)
{
	struct job *job = parsing->job;
	int r;

	job->finished = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (job->finished < 0)
		return -errno;
	r = sd_event_add_io(event, &parsing->source, job->finished, EPOLLIN, on_finished, parsing);
	return r < 0 ? r : start_thread(job);
}

static bool is_short(FILE *content)
{
	struct stat status;

	return fileno(content) >= 0 && fstat(fileno(content), &status) == 0 &&
	       status.st_size <= SHORT_BYTES;
}

int parsing_start(sd_event *event, const struct feed_format *format, FILE *content,
		  const char *name, parsing_done_fn done, void *userdata, struct parsing **ret,
		  struct error *error)
{
	struct job *job = job_new(format, content, name);
	struct parsing *parsing;
	int r;

	if (!job)
		return error_set(error, -ENOMEM, "%s: out of memory", name);
	if (is_short(content)) {
		job_run(job);
		hand_over(job, done, userdata);
		job_free(job);
		return 0;
	}
	parsing = calloc(1, sizeof(*parsing));
	if (!parsing) {
		job_free(job);
		return error_set(error, -ENOMEM, "%s: out of memory", name);
	}
	*parsing = (struct parsing){.job = job, .done = done, .userdata = userdata};
	r = start_beside(event, parsing);
	if (r < 0) {
		atomic_store(&job->left, true); /* no thread will */
		parsing_cancel(parsing);
		return error_set(error, r, "%s: cannot be parsed: %s", name, strerror(-r));
	}
	*ret = parsing;
	return 0;
}

void parsing_cancel(struct parsing *parsing)
{
	if (!parsing)
		return;
	sd_event_source_disable_unref(parsing->source);
	if (parsing->job)
		job_leave(parsing->job);
	free(parsing);
}
