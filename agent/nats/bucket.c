/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nats/bucket.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "nats/reading.h"

#define QUEUE_CAPACITY 4096
#define TURN_ENTRIES   1024   /* handed over at once */
#define POLL_MSEC      100    /* how soon the thread hears that it is wanted */
#define DELAY_FIRST    200000 /* us */
#define DELAY_MOST     8000000
#define GRACE_USEC     300000 /* for a thread that is to end: as a rule it looks up in time */

struct bucket {
	struct bucket_entry turn[TURN_ENTRIES];
	sd_event_source *source;
	bucket_fn received;
	void *userdata;
	struct link *link;
	char *name, *domain;
	uint64_t sweep; /* s */
	struct queue *queue;
	pthread_t thread;
	bool started;
	struct bucket_place place; /* the thread's */
	pthread_mutex_t lock;	   /* of what follows */
	pthread_cond_t wake;
	bool stop, whole; /* wanted */
	bool ended;	  /* the thread is done with the bucket, unless it has to release it */
	bool abandoned;	  /* it has to */
	bool hurry;	  /* whole, by somebody who does not want to wait for another try */
	struct bucket_report report;
};

static bool is_wanted(struct bucket *bucket)
{
	bool wanted;

	pthread_mutex_lock(&bucket->lock);
	wanted = bucket->stop || bucket->whole;
	pthread_mutex_unlock(&bucket->lock);
	return wanted;
}

static void want(struct bucket *bucket, bool *what)
{
	pthread_mutex_lock(&bucket->lock);
	*what = true;
	pthread_cond_signal(&bucket->wake);
	pthread_mutex_unlock(&bucket->lock);
}

/* Whether a whole reading was asked for. Not again, unless this one is broken off. */
static bool take_whole(struct bucket *bucket)
{
	bool whole;

	pthread_mutex_lock(&bucket->lock);
	whole = bucket->whole;
	bucket->whole = false;
	bucket->hurry = false;
	pthread_mutex_unlock(&bucket->lock);
	return whole;
}

static void note_begin(struct bucket *bucket, const struct reading *reading)
{
	pthread_mutex_lock(&bucket->lock);
	bucket->report.connected = true;
	bucket->report.wholes += reading->whole;
	bucket->report.resumes += !reading->whole;
	pthread_mutex_unlock(&bucket->lock);
}

static void note_step(struct bucket *bucket, struct reading *reading)
{
	/* An incomplete whole reading is nothing to go on from. */
	if (!reading->whole || reading->complete)
		bucket->place = reading->place;
	pthread_mutex_lock(&bucket->lock);
	bucket->report.contact = reading->contact;
	bucket->report.behind = reading->behind;
	bucket->report.values += reading->values;
	pthread_mutex_unlock(&bucket->lock);
	reading->values = 0;
}

static void note_end(struct bucket *bucket)
{
	pthread_mutex_lock(&bucket->lock);
	bucket->report.connected = false;
	pthread_mutex_unlock(&bucket->lock);
}

/* Give or take a quarter, so that a fleet does not sweep at once. CLOCK_BOOTTIME, ns. */
static uint64_t next_sweep(const struct bucket *bucket)
{
	double chance = arc4random() / (UINT32_MAX + 1.0); /* 0 to 1 */
	double nsec = (0.75 + chance / 2) * (double)bucket->sweep * (double)NSEC_PER_SEC;

	return bucket->sweep ? clock_boot_ns() + (uint64_t)nsec : UINT64_MAX;
}

/* Reads until something happens. 0: another reading is wanted. */
static int read_on(struct bucket *bucket, struct stream *stream, bool whole, struct error *error)
{
	struct reading reading = {.stream = stream, .queue = bucket->queue};
	uint64_t sweep = next_sweep(bucket);
	int r = reading_begin(&reading, &bucket->place, whole, error);

	if (r < 0)
		return r;
	note_begin(bucket, &reading);
	note_step(bucket, &reading);
	while (r >= 0 && !is_wanted(bucket) && clock_boot_ns() < sweep) {
		r = reading_step(&reading, POLL_MSEC, error);
		note_step(bucket, &reading);
	}
	if (r >= 0 && clock_boot_ns() >= sweep)
		want(bucket, &bucket->whole);
	note_end(bucket);
	return r;
}

static int connect_and_read(struct bucket *bucket, struct error *error)
{
	_cleanup_(stream_closep) struct stream *stream = NULL;
	bool whole = take_whole(bucket);
	int r = stream_open(bucket->link, bucket->name, bucket->domain, &stream, error);

	if (r >= 0)
		r = read_on(bucket, stream, whole, error);
	if (r < 0 && whole)
		want(bucket, &bucket->whole);
	return r;
}

static void say_lost(struct bucket *bucket, const struct error *error)
{
	struct bucket_entry entry = {.type = BUCKET_LOST, .text = strdup(error->text)};

	queue_push(bucket->queue, &entry);
}

static struct timespec time_in(uint64_t usec)
{
	struct timespec time;
	uint64_t nsec;

	clock_gettime(CLOCK_MONOTONIC, &time);
	nsec = (uint64_t)time.tv_nsec + usec * NSEC_PER_USEC;
	time.tv_sec += (time_t)(nsec / NSEC_PER_SEC);
	time.tv_nsec = (long)(nsec % NSEC_PER_SEC);
	return time;
}

/* Sleeps, unless the end or a reading is wanted. */
static void back_off(struct bucket *bucket, unsigned int failures)
{
	struct timespec end = time_in(backoff_usec(failures, DELAY_FIRST, DELAY_MOST));

	pthread_mutex_lock(&bucket->lock);
	while (!bucket->stop && !bucket->hurry)
		if (pthread_cond_timedwait(&bucket->wake, &bucket->lock, &end) == ETIMEDOUT)
			break;
	pthread_mutex_unlock(&bucket->lock);
}

static bool is_stopped(struct bucket *bucket)
{
	bool stopped;

	pthread_mutex_lock(&bucket->lock);
	stopped = bucket->stop;
	pthread_mutex_unlock(&bucket->lock);
	return stopped;
}

static bool had_contact(struct bucket *bucket, uint64_t since)
{
	return bucket_report(bucket).contact >= since;
}

static void release(struct bucket *bucket)
{
	queue_free(bucket->queue);
	link_free(bucket->link);
	free(bucket->name);
	free(bucket->domain);
	pthread_cond_destroy(&bucket->wake);
	pthread_mutex_destroy(&bucket->lock);
	free(bucket);
}

/* Of the thread, which does not touch the bucket after that. */
static void end(struct bucket *bucket)
{
	bool abandoned;

	pthread_mutex_lock(&bucket->lock);
	bucket->ended = true;
	abandoned = bucket->abandoned;
	pthread_cond_signal(&bucket->wake);
	pthread_mutex_unlock(&bucket->lock);
	if (abandoned)
		release(bucket);
}

static void *run(void *userdata)
{
	struct bucket *bucket = userdata;
	unsigned int failures = 0; /* in a row, without the server's having said anything */

	while (!is_stopped(bucket)) {
		uint64_t since = clock_boot_ns();
		struct error error = {""};

		if (connect_and_read(bucket, &error) >= 0)
			continue;
		say_lost(bucket, &error);
		if (had_contact(bucket, since))
			failures = 0;
		back_off(bucket, ++failures);
	}
	nats_ReleaseThreadMemory();
	end(bucket);
	return NULL;
}

static int on_entries(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct bucket *bucket = userdata;
	size_t count = queue_take(bucket->queue, bucket->turn, TURN_ENTRIES);

	(void)source;
	(void)fd;
	(void)events;
	if (count > 0)
		bucket->received(bucket->turn, count, bucket->userdata);
	for (size_t i = 0; i < count; i++)
		reading_clear_entry(&bucket->turn[i]);
	return 0;
}

static bool copy_names(struct bucket *bucket, const struct bucket_options *options)
{
	bucket->name = strdup(options->bucket);
	bucket->domain = options->domain ? strdup(options->domain) : NULL;
	return bucket->name && (bucket->domain || !options->domain);
}

static int start(struct bucket *bucket, sd_event *event)
{
	int r = queue_new(sizeof(struct bucket_entry), QUEUE_CAPACITY, reading_clear_entry,
			  &bucket->queue);

	if (r >= 0)
		r = sd_event_add_io(event, &bucket->source, queue_fd(bucket->queue), EPOLLIN,
				    on_entries, bucket);
	if (r >= 0)
		r = -pthread_create(&bucket->thread, NULL, run, bucket);
	bucket->started = r >= 0;
	return r;
}

static void set_up_lock(struct bucket *bucket)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&bucket->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&bucket->wake, &attributes);
	pthread_condattr_destroy(&attributes);
}

int bucket_new(sd_event *event, const struct bucket_options *options, bucket_fn received,
	       void *userdata, struct bucket **ret, struct error *error)
{
	_cleanup_(bucket_freep) struct bucket *bucket = calloc(1, sizeof(*bucket));
	int r;

	if (!bucket)
		return error_set(error, -ENOMEM, "out of memory");
	set_up_lock(bucket);
	bucket->received = received;
	bucket->userdata = userdata;
	bucket->sweep = options->sweep;
	bucket->place = options->place;
	if (!copy_names(bucket, options))
		return error_set(error, -ENOMEM, "out of memory");
	r = link_new(&options->link, &bucket->link, error);
	if (r < 0)
		return r;
	r = start(bucket, event);
	if (r < 0)
		return error_set(error, r, "cannot start a thread: %s", strerror(-r));
	*ret = STEAL(bucket);
	return 0;
}

void bucket_sweep(struct bucket *bucket)
{
	pthread_mutex_lock(&bucket->lock);
	bucket->whole = true;
	bucket->hurry = true;
	pthread_cond_signal(&bucket->wake);
	pthread_mutex_unlock(&bucket->lock);
}

void bucket_pause(struct bucket *bucket, bool paused)
{
	sd_event_source_set_enabled(bucket->source, paused ? SD_EVENT_OFF : SD_EVENT_ON);
}

struct bucket_report bucket_report(struct bucket *bucket)
{
	struct bucket_report report;

	pthread_mutex_lock(&bucket->lock);
	report = bucket->report;
	pthread_mutex_unlock(&bucket->lock);
	report.behind += queue_count(bucket->queue);
	return report;
}

/* False: the thread takes its time, owns the bucket now, and releases it when it ends. */
static bool end_thread(struct bucket *bucket)
{
	struct timespec end = time_in(GRACE_USEC);
	bool ended;

	queue_close(bucket->queue);
	want(bucket, &bucket->stop);
	pthread_mutex_lock(&bucket->lock);
	while (!bucket->ended)
		if (pthread_cond_timedwait(&bucket->wake, &bucket->lock, &end) == ETIMEDOUT)
			break;
	ended = bucket->ended;
	bucket->abandoned = !ended;
	if (!ended)
		pthread_detach(bucket->thread);
	pthread_mutex_unlock(&bucket->lock);
	if (ended)
		pthread_join(bucket->thread, NULL);
	return ended;
}

void bucket_free(struct bucket *bucket)
{
	if (!bucket)
		return;
	sd_event_source_disable_unref(bucket->source);
	if (!bucket->started || end_thread(bucket))
		release(bucket);
}
