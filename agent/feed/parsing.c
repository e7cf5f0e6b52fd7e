/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/parsing.h"

#include <errno.h>
#include <string.h>

#include "feed/arrange.h"
#include "feed/beside.h"

struct parsing {
	struct beside *beside;
	parsing_done_fn done;
	void *userdata;
};

/* What the thread has. */
struct job {
	const struct feed_format *format;
	FILE *content;
	char *name;
	int code;
	struct feed_batch *batch;
	struct error error;
};

static void job_free(void *work)
{
	struct job *job = work;

	if (job->content)
		fclose(job->content);
	feed_batch_free(job->batch);
	free(job->name);
	free(job);
}

static void job_run(void *work)
{
	struct job *job = work;

	job->code = job->format->parse(job->content, job->name, &job->batch, &job->error);
	if (job->code >= 0)
		incidents_arrange(job->batch);
}

/* Takes @content over, also on an error. */
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
	if (job->name)
		return job;
	job_free(job);
	return NULL;
}

static void hand_over(struct job *job, parsing_done_fn done, void *userdata)
{
	done(job->code, STEAL(job->batch), STEAL(job->content), &job->error, userdata);
	job_free(job);
}

static void on_done(void *work, void *userdata)
{
	struct parsing *parsing = userdata;
	parsing_done_fn done = parsing->done;
	void *whose = parsing->userdata;

	free(parsing);
	hand_over(work, done, whose);
}

static const struct beside_ops ops = {.run = job_run, .done = on_done, .free = job_free};

static int start_beside(sd_event *event, struct job *job, parsing_done_fn done, void *userdata,
			struct parsing **ret)
{
	struct parsing *parsing = calloc(1, sizeof(*parsing));
	int r;

	if (!parsing)
		return -ENOMEM;
	*parsing = (struct parsing){.done = done, .userdata = userdata};
	r = beside_start(event, &ops, job, parsing, &parsing->beside);
	if (r < 0) {
		free(parsing);
		return r;
	}
	*ret = parsing;
	return 0;
}

int parsing_start(sd_event *event, const struct feed_format *format, FILE *content,
		  const char *name, parsing_done_fn done, void *userdata, struct parsing **ret,
		  struct error *error)
{
	struct job *job = job_new(format, content, name);
	int r;

	if (!job)
		return error_set(error, -ENOMEM, "%s: out of memory", name);
	if (!beside_is_worth(content)) {
		job_run(job);
		hand_over(job, done, userdata);
		return 0;
	}
	r = start_beside(event, job, done, userdata, ret);
	if (r >= 0)
		return 0;
	job_free(job);
	return error_set(error, r, "%s: cannot be parsed: %s", name, strerror(-r));
}

void parsing_cancel(struct parsing *parsing)
{
	if (!parsing)
		return;
	beside_cancel(parsing->beside);
	free(parsing);
}
