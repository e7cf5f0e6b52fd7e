/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The feeds of a configuration at work: real files, a real event loop. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "base/clock.h"
#include "feed/feed.h"

#define PATIENCE_NS (10 * NSEC_PER_SEC)
#define RUN_USEC    100000
#define NEVER	    86400 /* s; an interval at which nothing happens in a test */

enum { SCORER, LISTED, FEED_COUNT };

struct fixture {
	char folder[32];
	char scores[64], list[64], fresh[64];
	char urls[FEED_COUNT][96];
	struct config_feed items[FEED_COUNT];
	struct config config;
	sd_event *event;
	struct feeds *feeds;
	/* what apply was told, and what it shall say */
	unsigned int applied;
	uint64_t serial;
	size_t records;
	int answer;
	unsigned int steps; /* to be taken before it says so */
	const char *paused; /* feed; NULL: none */
	/* what is being applied */
	const struct feed_batch *batch;
	bool unguarded;
	unsigned int steps_left;
};

static int begin(const struct config_feed *feed, const struct feed_batch *batch, bool unguarded,
		 void *userdata, void **ret_work, struct error *error)
{
	struct fixture *fixture = userdata;

	(void)error;
	assert_int_equal(feed->kind, batch->kind);
	assert_null(fixture->batch);
	fixture->batch = batch;
	fixture->unguarded = unguarded;
	fixture->steps_left = fixture->steps;
	*ret_work = fixture;
	return 0;
}

static int step(void *work, struct error *error)
{
	struct fixture *fixture = work;
	const struct feed_batch *batch = fixture->batch;

	if (fixture->steps_left > 0) {
		fixture->steps_left--;
		return 1;
	}
	fixture->applied++;
	fixture->serial = batch->serial;
	fixture->records = batch->incident_count + batch->listing_count;
	if (fixture->answer == -EBUSY && fixture->unguarded)
		return 0;
	if (fixture->answer < 0)
		return error_set(error, fixture->answer, "not taken");
	return 0;
}

static struct feed_progress progress(const void *work)
{
	const struct fixture *fixture = work;

	return (struct feed_progress){
		.done = fixture->steps - fixture->steps_left,
		.total = fixture->steps,
		.records = fixture->batch->incident_count + fixture->batch->listing_count,
	};
}

static void end(void *work)
{
	((struct fixture *)work)->batch = NULL;
}

static bool is_paused(const char *feed, void *userdata)
{
	const struct fixture *fixture = userdata;

	return fixture->paused && strcmp(fixture->paused, feed) == 0;
}

static const struct feed_target target = {
	.begin = begin,
	.step = step,
	.progress = progress,
	.end = end,
	.is_paused = is_paused,
};

static struct config_feed feed_of(const char *name, enum config_feed_kind kind, const char *type,
				  char *url)
{
	return (struct config_feed){
		.name = (char *)name,
		.kind = kind,
		.type = (char *)type,
		.link.url = url,
		.interval = NEVER,
		.stale_after = NEVER,
	};
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	strcpy(fixture->folder, "/tmp/feed_manager.XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	sprintf(fixture->scores, "%s/scores", fixture->folder);
	sprintf(fixture->list, "%s/list", fixture->folder);
	sprintf(fixture->fresh, "%s/fresh", fixture->folder);
	sprintf(fixture->urls[SCORER], "file://%s", fixture->scores);
	sprintf(fixture->urls[LISTED], "file://%s", fixture->list);
	fixture->items[SCORER] =
		feed_of("scorer", CONFIG_FEED_SCORES, "ndjson", fixture->urls[SCORER]);
	fixture->items[LISTED] = feed_of("listed", CONFIG_FEED_LIST, "list", fixture->urls[LISTED]);
	fixture->config.feeds = fixture->items;
	fixture->config.feed_count = 1;
	assert_int_equal(sd_event_new(&fixture->event), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	feeds_free(fixture->feeds);
	sd_event_unref(fixture->event);
	unlink(fixture->scores);
	unlink(fixture->list);
	unlink(fixture->fresh);
	rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static void start(struct fixture *fixture)
{
	struct error error = {0};

	if (feeds_new(fixture->event, &fixture->config, &target, fixture, &fixture->feeds, &error) <
	    0)
		fail_msg("%s", error.text);
}

static void write_text(const char *path, const char *text)
{
	_cleanup_fclose_ FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
}

static void write_scores(const char *path, unsigned int serial)
{
	_cleanup_fclose_ FILE *file = fopen(path, "we");

	assert_non_null(file);
	fprintf(file,
		"{\"type\":\"snapshot\",\"version\":1,\"serial\":%u,\"records\":1}\n"
		"{\"ip\":\"192.0.2.1\",\"score\":0}\n"
		"{\"type\":\"end\",\"serial\":%u,\"records\":1}\n",
		serial, serial);
}

static struct feed_report report(const struct fixture *fixture)
{
	return feeds_report(fixture->feeds, SCORER);
}

static bool has_serial(const struct fixture *fixture, uint64_t serial)
{
	return report(fixture).serial == serial;
}

static bool has_state(const struct fixture *fixture, uint64_t state)
{
	return report(fixture).state == state;
}

static bool has_applied(const struct fixture *fixture, uint64_t count)
{
	return fixture->applied >= count;
}

static bool has_success_after(const struct fixture *fixture, uint64_t time)
{
	return report(fixture).last_success > (int64_t)time;
}

typedef bool (*condition_fn)(const struct fixture *fixture, uint64_t value);

static void wait_until(struct fixture *fixture, condition_fn condition, uint64_t value)
{
	uint64_t end = clock_boot_ns() + PATIENCE_NS;

	while (!condition(fixture, value) && clock_boot_ns() < end)
		assert_true(sd_event_run(fixture->event, RUN_USEC) >= 0);
	assert_true(condition(fixture, value));
}

/* The error is @before, the path of the scores, and @after. */
static void assert_error(const struct fixture *fixture, const char *before, const char *after)
{
	char expected[ERROR_TEXT_MAX];

	snprintf(expected, sizeof(expected), "%s%s%s", before, fixture->scores, after);
	assert_non_null(report(fixture).error);
	assert_string_equal(report(fixture).error, expected);
}

static void test_read_at_start(void **state)
{
	struct fixture *fixture = *state;
	struct feed_report found;

	write_scores(fixture->scores, 1);
	start(fixture);
	found = report(fixture);
	assert_int_equal(fixture->applied, 1);
	assert_int_equal(feeds_count(fixture->feeds), 1);
	assert_ptr_equal(found.config, &fixture->items[SCORER]);
	assert_int_equal(found.state, FEED_OK);
	assert_int_equal(found.serial, 1);
	assert_int_equal(found.records, 1);
	assert_true(found.last_success > 0);
	assert_null(found.error);
}

static void test_rewrite_and_rename(void **state)
{
	struct fixture *fixture = *state;

	write_scores(fixture->scores, 1);
	start(fixture);
	write_scores(fixture->scores, 2);
	wait_until(fixture, has_serial, 2);
	write_scores(fixture->fresh, 3);
	assert_int_equal(rename(fixture->fresh, fixture->scores), 0);
	wait_until(fixture, has_serial, 3);
	assert_int_equal(fixture->applied, 3);
}

static void test_delete_and_recreate(void **state)
{
	struct fixture *fixture = *state;

	write_scores(fixture->scores, 1);
	start(fixture);
	assert_int_equal(unlink(fixture->scores), 0);
	wait_until(fixture, has_state, FEED_ERROR);
	assert_error(fixture, "scorer: cannot read ", ": No such file or directory");
	assert_int_equal(report(fixture).errors_read, 1);
	assert_int_equal(report(fixture).serial, 1);
	assert_int_equal(fixture->applied, 1);
	write_scores(fixture->scores, 2);
	wait_until(fixture, has_serial, 2);
	assert_null(report(fixture).error);
}

static void test_missing_at_start(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	assert_int_equal(report(fixture).state, FEED_ERROR);
	assert_int_equal(report(fixture).last_success, 0);
	write_scores(fixture->scores, 1);
	wait_until(fixture, has_state, FEED_OK);
}

static void test_bad_content_keeps_the_last(void **state)
{
	struct fixture *fixture = *state;

	write_scores(fixture->scores, 1);
	start(fixture);
	write_text(fixture->scores,
		   "{\"type\":\"snapshot\",\"version\":1,\"serial\":2,\"records\":1}\n{\n");
	wait_until(fixture, has_state, FEED_ERROR);
	assert_error(fixture, "scorer: ", ":2: the line is not a JSON object, or is cut off");
	assert_int_equal(report(fixture).errors_parse, 1);
	assert_int_equal(report(fixture).serial, 1);
	assert_int_equal(fixture->applied, 1);
}

/* Adds comments to the list until it is killed. */
static pid_t start_writer(const char *path)
{
	pid_t pid = fork();
	int fd;

	if (pid != 0)
		return pid;
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	while (write(fd, "#\n", 2) == 2)
		;
	_exit(1);
}

static void wait_for_mixed_reading(struct fixture *fixture)
{
	uint64_t end = clock_boot_ns() + PATIENCE_NS;

	while (report(fixture).errors_read == 0 && clock_boot_ns() < end)
		feeds_sync(fixture->feeds, NULL);
}

/* A list has no end line: without a look at the file, half of it would be taken for all of it. */
static void test_file_changes_while_it_is_read(void **state)
{
	struct fixture *fixture = *state;
	pid_t writer;

	write_text(fixture->list, "192.0.2.1\n");
	fixture->config.feeds = &fixture->items[LISTED];
	start(fixture);
	writer = start_writer(fixture->list);
	assert_true(writer > 0);
	wait_for_mixed_reading(fixture);
	kill(writer, SIGKILL);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	assert_int_equal(report(fixture).errors_read, 1);
	assert_int_equal(report(fixture).state, FEED_ERROR);
	feeds_sync(fixture->feeds, NULL);
	assert_int_equal(report(fixture).state, FEED_OK);
}

static void test_fifo_is_refused(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkfifo(fixture->scores, 0600), 0);
	start(fixture);
	assert_error(fixture, "scorer: cannot read ", ": it is not a regular file");
}

static void test_held_and_released(void **state)
{
	struct fixture *fixture = *state;

	write_scores(fixture->scores, 1);
	start(fixture);
	fixture->answer = -EBUSY;
	write_scores(fixture->scores, 2);
	wait_until(fixture, has_state, FEED_HELD);
	assert_string_equal(report(fixture).error, "scorer: not taken");
	assert_int_equal(report(fixture).serial, 1);
	assert_int_equal(report(fixture).errors_apply, 1);
	fixture->answer = 0;
	assert_int_equal(feeds_sync(fixture->feeds, "scorer"), 0);
	assert_int_equal(report(fixture).state, FEED_OK);
	assert_int_equal(report(fixture).serial, 2);
}

static bool is_at_rest(const struct fixture *fixture, uint64_t unused)
{
	(void)unused;
	return !report(fixture).busy;
}

static void test_held_is_applied_as_it_was_reported(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};
	uint64_t held;

	fixture->answer = -EBUSY;
	write_scores(fixture->scores, 1);
	start(fixture);
	held = report(fixture).held;
	assert_true(held > 0);
	assert_int_equal(feeds_sync(fixture->feeds, "scorer"), 0);
	assert_int_equal(report(fixture).held, held); /* the same once more */
	write_scores(fixture->scores, 2);
	assert_int_equal(feeds_sync(fixture->feeds, "scorer"), 0);
	assert_int_equal(feeds_apply_held(fixture->feeds, "scorer", held, &error), -ESTALE);
	held = report(fixture).held;
	assert_int_equal(feeds_apply_held(fixture->feeds, "scorer", held, &error), 0);
	assert_int_equal(report(fixture).state, FEED_OK);
	assert_int_equal(report(fixture).serial, 2);
	assert_true(fixture->unguarded);
	assert_int_equal(report(fixture).held, 0);
	assert_int_equal(feeds_apply_held(fixture->feeds, "scorer", held, &error), -ENOENT);
	assert_int_equal(feeds_apply_held(fixture->feeds, "nobody", held, &error), -ENOENT);
}

static void test_steps(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	fixture->steps = 3;
	fixture->answer = -EBUSY;
	write_scores(fixture->scores, 1);
	start(fixture);
	assert_true(report(fixture).busy);
	assert_int_equal(report(fixture).done, 1);
	assert_int_equal(report(fixture).total, 3);
	assert_int_equal(fixture->applied, 0);
	feeds_sync(fixture->feeds, "scorer"); /* when this reading is done */
	wait_until(fixture, is_at_rest, 0);
	assert_int_equal(report(fixture).state, FEED_HELD);
	wait_until(fixture, has_applied, 2);
	wait_until(fixture, is_at_rest, 0);
	assert_int_equal(feeds_apply_held(fixture->feeds, "scorer", report(fixture).held, &error),
			 0);
	assert_int_equal(feeds_apply_held(fixture->feeds, "scorer", 1, &error), -EBUSY);
	wait_until(fixture, has_state, FEED_OK);
}

/* What takes long is parsed in a thread; one that nobody waits for any more ends by itself. */
static void test_parsed_beside(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_fclose_ FILE *file = fopen(fixture->list, "we");

	assert_non_null(file);
	for (unsigned int i = 0; i < 65536; i++)
		fprintf(file, "198.18.%u.%u\n", i >> 8, i & 255);
	fclose(STEAL(file));
	fixture->config.feeds = &fixture->items[LISTED];
	start(fixture);
	assert_true(report(fixture).busy);
	assert_int_equal(report(fixture).total, 0);
	wait_until(fixture, has_state, FEED_OK);
	assert_int_equal(report(fixture).records, 65536);
	feeds_sync(fixture->feeds, NULL);
	assert_true(report(fixture).busy);
	feeds_free(STEAL(fixture->feeds));
	assert_int_equal(fixture->applied, 1);
}

static void test_paused(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	fixture->items[SCORER].stale_after = 0;
	write_scores(fixture->scores, 1);
	start(fixture);
	fixture->paused = "scorer";
	assert_int_equal(feeds_renew(fixture->feeds, "scorer", &error), 0);
	assert_int_equal(report(fixture).state, FEED_PAUSED);
	assert_int_equal(report(fixture).serial, 1);
	write_scores(fixture->scores, 2);
	assert_int_equal(feeds_sync(fixture->feeds, "scorer"), 0);
	assert_int_equal(feeds_reconfigure(fixture->feeds, &fixture->config, &error), 0);
	assert_int_equal(report(fixture).state, FEED_PAUSED);
	assert_int_equal(fixture->applied, 1);
	feeds_free(STEAL(fixture->feeds));
	start(fixture); /* after a restart as well */
	assert_int_equal(report(fixture).state, FEED_PAUSED);
	assert_int_equal(fixture->applied, 1);
	fixture->paused = NULL;
	assert_int_equal(feeds_renew(fixture->feeds, "scorer", &error), 0);
	assert_int_equal(fixture->applied, 2);
	assert_int_equal(report(fixture).serial, 2);
	assert_int_equal(feeds_renew(fixture->feeds, "nobody", &error), -ENOENT);
}

static void test_refused_by_apply(void **state)
{
	struct fixture *fixture = *state;

	fixture->answer = -ESTALE;
	write_scores(fixture->scores, 1);
	start(fixture);
	assert_int_equal(report(fixture).state, FEED_ERROR);
	assert_int_equal(report(fixture).errors_apply, 1);
	assert_int_equal(report(fixture).serial, 0);
}

static void test_interval(void **state)
{
	struct fixture *fixture = *state;
	int64_t first;

	fixture->items[SCORER].interval = 1;
	write_scores(fixture->scores, 1);
	start(fixture);
	first = report(fixture).last_success;
	wait_until(fixture, has_success_after, (uint64_t)first + 1);
	assert_int_equal(fixture->applied, 1); /* an unchanged file is not read again */
}

static void test_interval_retries(void **state)
{
	struct fixture *fixture = *state;

	fixture->items[SCORER].interval = 1;
	fixture->answer = -ENOSPC;
	write_scores(fixture->scores, 1);
	start(fixture);
	assert_int_equal(report(fixture).state, FEED_ERROR);
	fixture->answer = 0;
	wait_until(fixture, has_state, FEED_OK);
}

static void test_folder_appears_later(void **state)
{
	struct fixture *fixture = *state;

	fixture->items[SCORER].interval = 1;
	assert_int_equal(rmdir(fixture->folder), 0);
	start(fixture);
	assert_int_equal(report(fixture).state, FEED_ERROR);
	assert_int_equal(mkdir(fixture->folder, 0700), 0);
	write_scores(fixture->scores, 1);
	wait_until(fixture, has_state, FEED_OK);
}

static void test_stale(void **state)
{
	struct fixture *fixture = *state;

	fixture->items[SCORER].stale_after = 1;
	write_scores(fixture->scores, 1);
	start(fixture);
	assert_int_equal(report(fixture).state, FEED_OK);
	fixture->answer = -EIO;
	feeds_sync(fixture->feeds, NULL);
	assert_int_equal(report(fixture).state, FEED_ERROR);
	wait_until(fixture, has_state, FEED_STALE);
	assert_string_equal(report(fixture).error, "scorer: not taken");
	fixture->answer = -EBUSY;
	feeds_sync(fixture->feeds, NULL);
	assert_int_equal(report(fixture).state, FEED_HELD);
	fixture->answer = 0;
	feeds_sync(fixture->feeds, NULL);
	assert_int_equal(report(fixture).state, FEED_OK);
}

static void test_sync(void **state)
{
	struct fixture *fixture = *state;

	fixture->config.feed_count = FEED_COUNT;
	write_scores(fixture->scores, 1);
	write_text(fixture->list, "192.0.2.1\n192.0.2.2\n");
	start(fixture);
	assert_int_equal(fixture->applied, 2);
	assert_int_equal(feeds_report(fixture->feeds, LISTED).records, 2);
	assert_int_equal(feeds_sync(fixture->feeds, "nobody"), -ENOENT);
	assert_int_equal(fixture->applied, 2);
	assert_int_equal(feeds_sync(fixture->feeds, "listed"), 0);
	assert_int_equal(fixture->applied, 3);
	assert_int_equal(fixture->records, 2);
	assert_int_equal(feeds_sync(fixture->feeds, NULL), 0);
	assert_int_equal(fixture->applied, 5);
}

static void test_reconfigure(void **state)
{
	struct fixture *fixture = *state;
	struct config_feed items[FEED_COUNT] = {0};
	const struct config next = {.feeds = items, .feed_count = FEED_COUNT};

	write_scores(fixture->scores, 1);
	write_text(fixture->list, "192.0.2.1\n");
	start(fixture);
	/* The other way round, to see that each state goes with its feed. */
	items[0] = fixture->items[LISTED];
	items[1] = fixture->items[SCORER];
	items[1].interval = 1;
	assert_int_equal(feeds_reconfigure(fixture->feeds, &next, NULL), 0);
	assert_int_equal(fixture->applied, 2); /* the new one alone was read */
	assert_int_equal(feeds_count(fixture->feeds), 2);
	assert_ptr_equal(feeds_report(fixture->feeds, 0).config, &items[0]);
	assert_int_equal(feeds_report(fixture->feeds, 0).records, 1);
	assert_ptr_equal(feeds_report(fixture->feeds, 1).config, &items[1]);
	assert_int_equal(feeds_report(fixture->feeds, 1).serial, 1);

	/* The first is dropped; the second reads another file, and has no past. */
	fixture->items[SCORER].link.url = fixture->urls[LISTED];
	fixture->config.feed_count = 1;
	assert_int_equal(feeds_reconfigure(fixture->feeds, &fixture->config, NULL), 0);
	assert_int_equal(feeds_count(fixture->feeds), 1);
	assert_int_equal(report(fixture).state, FEED_ERROR);
	assert_int_equal(report(fixture).serial, 0);
	fixture->config.feed_count = 0;
	assert_int_equal(feeds_reconfigure(fixture->feeds, &fixture->config, NULL), 0);
	assert_int_equal(feeds_count(fixture->feeds), 0);
}

static void test_new_interval(void **state)
{
	struct fixture *fixture = *state;
	struct config_feed item;
	const struct config next = {.feeds = &item, .feed_count = 1};

	fixture->answer = -EIO;
	write_scores(fixture->scores, 1);
	start(fixture);
	item = fixture->items[SCORER];
	item.interval = 1;
	assert_int_equal(feeds_reconfigure(fixture->feeds, &next, NULL), 0);
	fixture->answer = 0;
	wait_until(fixture, has_state, FEED_OK);
}

static void test_reconfigure_fails_whole(void **state)
{
	struct fixture *fixture = *state;
	struct config_feed items[] = {fixture->items[LISTED], fixture->items[SCORER]};
	const struct config next = {.feeds = items, .feed_count = ARRAY_SIZE(items)};
	struct error error;

	write_scores(fixture->scores, 1);
	start(fixture);
	items[1].name = (char *)"other";
	items[1].type = (char *)"csv";
	assert_int_equal(feeds_reconfigure(fixture->feeds, &next, &error), -EINVAL);
	assert_string_equal(error.text, "feed other: there is no type \"csv\"");
	assert_int_equal(feeds_count(fixture->feeds), 1);
	assert_ptr_equal(report(fixture).config, &fixture->items[SCORER]);
	write_scores(fixture->scores, 2);
	wait_until(fixture, has_serial, 2);
}

static size_t count_lines(FILE *file)
{
	size_t lines = 0;
	int byte;

	rewind(file);
	while ((byte = getc(file)) != EOF)
		lines += byte == '\n';
	return lines;
}

static void sync_three_times(struct fixture *fixture)
{
	for (int i = 0; i < 3; i++)
		feeds_sync(fixture->feeds, NULL);
}

/* A feed that is down for a night must not fill the log. */
static void test_each_change_is_logged_once(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_fclose_ FILE *log = tmpfile();
	int standard_error = dup(STDERR_FILENO);

	assert_non_null(log);
	assert_int_equal(dup2(fileno(log), STDERR_FILENO), STDERR_FILENO);
	start(fixture);
	sync_three_times(fixture);
	write_text(fixture->scores, "hello\n");
	sync_three_times(fixture);
	write_scores(fixture->scores, 1);
	sync_three_times(fixture);
	assert_int_equal(dup2(standard_error, STDERR_FILENO), STDERR_FILENO);
	close(standard_error);
	assert_int_equal(count_lines(log), 3); /* missing, bad, good again */
	assert_int_equal(report(fixture).errors_read, 4);
	assert_int_equal(report(fixture).errors_parse, 3);
}

static void test_state_names(void **state)
{
	(void)state;
	assert_string_equal(feed_state_name(FEED_WAITING), "waiting");
	assert_string_equal(feed_state_name(FEED_OK), "ok");
	assert_string_equal(feed_state_name(FEED_ERROR), "error");
	assert_string_equal(feed_state_name(FEED_HELD), "held");
	assert_string_equal(feed_state_name(FEED_STALE), "stale");
	assert_string_equal(feed_state_name(FEED_PAUSED), "paused");
}

#define manager_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		manager_test(test_read_at_start),
		manager_test(test_rewrite_and_rename),
		manager_test(test_delete_and_recreate),
		manager_test(test_missing_at_start),
		manager_test(test_bad_content_keeps_the_last),
		manager_test(test_file_changes_while_it_is_read),
		manager_test(test_fifo_is_refused),
		manager_test(test_held_and_released),
		manager_test(test_held_is_applied_as_it_was_reported),
		manager_test(test_steps),
		manager_test(test_parsed_beside),
		manager_test(test_paused),
		manager_test(test_refused_by_apply),
		manager_test(test_interval),
		manager_test(test_interval_retries),
		manager_test(test_folder_appears_later),
		manager_test(test_stale),
		manager_test(test_sync),
		manager_test(test_reconfigure),
		manager_test(test_new_interval),
		manager_test(test_reconfigure_fails_whole),
		manager_test(test_each_change_is_logged_once),
		cmocka_unit_test(test_state_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
