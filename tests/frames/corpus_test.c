/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The corpus by test run: every case, on every entry point. The reason is what was counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "corpus.h"
#include "entry_points.h"

static struct corpus corpus;

static void test_case(void **state)
{
	const struct frame_case *frame_case = *state;
	struct frame_run runs[RUNS_MAX];
	size_t i, count = case_runs(frame_case, runs);

	for (i = 0; i < count; i++) {
		reset_entries_everywhere();
		configure_everywhere(runs[i].entries);
		expect_everywhere(frame_case->frame, runs[i].reason);
	}
	if (frame_case->entries)
		expect_match(frame_case->frame, frame_case->match);
}

#define DAMAGES 40

/* Up to three bytes behind the addresses changed, and now and then the end cut off. */
static void damage(struct built *frame)
{
	static uint32_t state = 25; /* the same in every run */
	int i;

	for (i = 0; i < 3; i++) {
		size_t at;

		state = state * 1664525 + 1013904223;
		at = 12 + (state >> 8) % (frame->length - 12);
		frame->bytes[at] = state >> 24 & 1 ? frame->bytes[at] + 1U : state >> 16;
	}
	if (state >> 28 == 0 && frame->length > 40)
		frame->length -= (state >> 8) % 20;
}

/* With every source blocked, a frame is dropped exactly if it is or may be SMTP. */
static void test_agreement(void **state)
{
	static struct built frame, damaged;
	size_t i;
	int n;

	(void)state;
	configure_everywhere("drop:0.0.0.0/0 drop:::/0");
	for (i = 0; i < corpus.count; i++) {
		/* The others are the same few frames with many entries. */
		if (corpus.cases[i].entries)
			continue;
		build_frame(&frame, corpus.cases[i].frame);
		if (frame.length > RUN_MAX)
			continue;
		expect_agreement(&frame);
		for (n = 0; n < DAMAGES && frame.length > 20; n++) {
			damaged = frame;
			damage(&damaged);
			expect_agreement(&damaged);
		}
	}
	print_refused();
}

int main(void)
{
	struct CMUnitTest *tests;
	int failed;
	size_t i;

	if (corpus_load(&corpus) < 0)
		return 1;
	tests = calloc(corpus.count + 1, sizeof(*tests));
	for (i = 0; i < corpus.count; i++) {
		struct CMUnitTest test = {.name = corpus.cases[i].name,
					  .test_func = test_case,
					  .initial_state = &corpus.cases[i]};

		tests[i] = test;
	}
	tests[i].name = "damaged frames: the short way and the parser agree";
	tests[i].test_func = test_agreement;
	tests[i].setup_func = reset_entry_points;
	failed = _cmocka_run_group_tests("corpus", tests, corpus.count + 1, load_entry_points,
					 unload_entry_points);
	free(tests);
	corpus_free(&corpus);
	return failed;
}
