/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The corpus for real: every case through veth and tap, on every hook that takes what a guest
 * sends. What came by must be what the case says, and the reason that was counted.
 *
 * A frame that a path loses by itself proves nothing there. So each is sent twice: first on a
 * device of the same kind, with a program at the same place that passes everything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "corpus.h"
#include "entry_points.h"
#include "wire.h"

struct path {
	const char *name;
	enum wire_device device;
	enum wire_hook hook;
	enum wire_claim claim;
};

static const struct path paths[] = {
	{"veth, XDP native", WIRE_VETH, WIRE_XDP_NATIVE, WIRE_PLAIN},
	{"veth, XDP native, frame in pieces", WIRE_VETH, WIRE_XDP_NATIVE, WIRE_PIECES},
	{"veth, XDP generic", WIRE_VETH, WIRE_XDP_GENERIC, WIRE_PLAIN},
	{"veth, XDP generic, frame in pieces", WIRE_VETH, WIRE_XDP_GENERIC, WIRE_PIECES},
	{"veth, TC ingress", WIRE_VETH, WIRE_TC_INGRESS, WIRE_PLAIN},
	{"veth, TC ingress, frame in pieces", WIRE_VETH, WIRE_TC_INGRESS, WIRE_PIECES},
	{"veth, TC egress", WIRE_VETH, WIRE_TC_EGRESS, WIRE_PLAIN},
	{"veth, TC egress, frame in pieces", WIRE_VETH, WIRE_TC_EGRESS, WIRE_PIECES},
	{"tap, XDP native", WIRE_TAP, WIRE_XDP_NATIVE, WIRE_PLAIN},
	{"tap, XDP native, GSO", WIRE_TAP, WIRE_XDP_NATIVE, WIRE_GSO},
	{"tap, XDP native, GSO and checksum", WIRE_TAP, WIRE_XDP_NATIVE, WIRE_GSO_SUM},
	{"tap, XDP generic", WIRE_TAP, WIRE_XDP_GENERIC, WIRE_PLAIN},
	{"tap, XDP generic, GSO", WIRE_TAP, WIRE_XDP_GENERIC, WIRE_GSO},
	{"tap, XDP generic, GSO and checksum", WIRE_TAP, WIRE_XDP_GENERIC, WIRE_GSO_SUM},
	{"tap, TC ingress", WIRE_TAP, WIRE_TC_INGRESS, WIRE_PLAIN},
	{"tap, TC ingress, frame in pieces", WIRE_TAP, WIRE_TC_INGRESS, WIRE_PIECES},
	{"tap, TC ingress, GSO", WIRE_TAP, WIRE_TC_INGRESS, WIRE_GSO},
	{"tap, TC ingress, GSO and checksum", WIRE_TAP, WIRE_TC_INGRESS, WIRE_GSO_SUM},
};

/* Of the path of the same number: what it did not bring to the program under test. */
static struct {
	unsigned int frames, not_carried;
} tallies[ARRAY_SIZE(paths)];

#define DEVICES (WIRE_TAP + 1)
#define HOOKS	(WIRE_TC_EGRESS + 1)

/* Of one kind and one hook. */
struct wires {
	struct wire fenced;
	struct wire open; /* passes everything */
	int error;	  /* why there are none */
};

static struct wires wires[DEVICES][HOOKS];
static struct corpus corpus;

static struct wires *wires_of(const struct path *path)
{
	return &wires[path->device][path->hook];
}

/* As the agent loads them: XDP with frags where the kernel has them. */
static int set_of(const struct path *path)
{
	return path->hook == WIRE_XDP_NATIVE || path->hook == WIRE_XDP_GENERIC;
}

static int program_of(const struct path *path)
{
	struct smtpfence_bpf *programs = loaded[set_of(path)];

	switch (path->hook) {
	case WIRE_TC_INGRESS:
		return bpf_program__fd(programs->progs.smtpfence_tc_ingress);
	case WIRE_TC_EGRESS:
		return bpf_program__fd(programs->progs.smtpfence_tc_egress);
	default:
		return bpf_program__fd(programs->progs.smtpfence_xdp);
	}
}

static void open_path(const struct path *path)
{
	struct wires *to = wires_of(path);

	if (to->fenced.name[0])
		return;
	to->error = wire_open(&to->fenced, path->device, path->hook, program_of(path));
	if (to->error == 0)
		to->error = wire_open(&to->open, path->device, path->hook, -1);
}

static int setup(void **state)
{
	size_t i;

	if (wires_open() < 0 || load_entry_points(state) < 0)
		return -1;
	for (i = 0; i < ARRAY_SIZE(paths); i++)
		open_path(&paths[i]);
	return 0;
}

static int teardown(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		wire_close(&wires_of(&paths[i])->fenced);
		wire_close(&wires_of(&paths[i])->open);
	}
	unload_entry_points(state);
	wires_close();
	return 0;
}

static void test_path(void **state)
{
	const struct path *path = *state;
	int error = wires_of(path)->error;

	if (error == -EOPNOTSUPP || error == -ENODEV || error == -EIO) {
		print_message("this kernel has it not: %s\n", strerror(-error));
		skip();
	}
	if (error < 0)
		fail_msg("%s: %s", path->name, strerror(-error));
}

/* Whether the path brings this frame to where the program under test is. */
static bool carries(size_t path, const struct frame_case *frame_case, const struct built *frame)
{
	int came = wire_carry(&wires_of(&paths[path])->open, frame, paths[path].claim);

	tallies[path].frames++;
	if (came == 1)
		return true;
	tallies[path].not_carried++;
	printf("# %s does not carry %s: %s\n", paths[path].name, frame_case->name,
	       came < 0 ? strerror(-came) : "lost on the way");
	return false;
}

/* False after a message. */
static bool agrees(const struct path *path, const struct frame_run *run, const struct built *frame,
		   bool carried)
{
	struct counted before = read_totals(set_of(path)), after;
	int came, wanted = reason_drops(run->reason) ? 0 : 1;
	enum smtpfence_reason reason;

	judge_anew(loaded[set_of(path)]);
	came = wire_carry(&wires_of(path)->fenced, frame, path->claim);
	after = read_totals(set_of(path));
	reason = counted_reason(&before, &after);
	if (carried ? came == wanted && reason == run->reason
		    : came <= 0 && (reason == run->reason || reason == SMTPFENCE_REASON_OTHER))
		return true;
	print_error("%s, entries \"%s\": \"%s\": %d came by (%s), counted as %s; expected %d and "
		    "%s\n",
		    path->name, run->entries, run->of->frame, came,
		    came < 0 ? strerror(-came) : "sent", reason_label(reason), wanted,
		    reason_label(run->reason));
	return false;
}

static bool is_for(const struct path *path, const struct built *frame)
{
	bool is_gso = path->claim == WIRE_GSO || path->claim == WIRE_GSO_SUM;

	return wires_of(path)->error == 0 && (!is_gso || frame->tcp);
}

static void test_case(void **state)
{
	const struct frame_case *frame_case = *state;
	struct frame_run runs[RUNS_MAX];
	size_t i, k, disagreements = 0, count = case_runs(frame_case, runs);
	bool carried[ARRAY_SIZE(paths)];
	static struct built frame;

	build_frame(&frame, frame_case->frame);
	for (i = 0; i < ARRAY_SIZE(paths); i++)
		carried[i] = is_for(&paths[i], &frame) && carries(i, frame_case, &frame);
	for (k = 0; k < count; k++) {
		reset_entries_everywhere();
		configure_everywhere(runs[k].entries);
		for (i = 0; i < ARRAY_SIZE(paths); i++)
			if (is_for(&paths[i], &frame) &&
			    !agrees(&paths[i], &runs[k], &frame, carried[i]))
				disagreements++;
	}
	if (disagreements)
		fail_msg("%zu paths disagree with the case", disagreements);
}

#define SHARE_NOT_CARRIED 8 /* at most one frame of so many */

/* More would mean that the path is not what it should be. */
static void expect_carried(size_t path)
{
	if (!tallies[path].not_carried)
		return;
	printf("# note: %s: %u of %u frames are lost to the kernel itself, with any program\n",
	       paths[path].name, tallies[path].not_carried, tallies[path].frames);
	assert_true(tallies[path].not_carried * SHARE_NOT_CARRIED <= tallies[path].frames);
}

/* The paths were what they claim: the awkward kinds of frames did come to the hooks. */
static void test_kinds(void **state)
{
	struct wire_seen seen = wires_seen();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(paths); i++)
		expect_carried(i);
	printf("# note: frames seen behind the hooks: %llu; with a VLAN tag in metadata %llu, in "
	       "pieces %llu, GSO %llu\n",
	       seen.frames, seen.tagged, seen.scattered, seen.segmented);
	assert_true(seen.tagged > 100);
	assert_true(seen.scattered > 100);
	assert_true(seen.segmented > 100);
}

int main(void)
{
	struct CMUnitTest *tests, *next;
	int failed;
	size_t i;

	if (corpus_load(&corpus) < 0)
		return 1;
	tests = next = calloc(ARRAY_SIZE(paths) + corpus.count + 1, sizeof(*tests));
	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		struct CMUnitTest test = {paths[i].name, test_path, NULL, NULL,
					  (void *)(uintptr_t)&paths[i]};

		*next++ = test;
	}
	for (i = 0; i < corpus.count; i++) {
		struct CMUnitTest test = {corpus.cases[i].name, test_case, NULL, NULL,
					  &corpus.cases[i]};

		*next++ = test;
	}
	next->name = "tags in metadata, frames in pieces and GSO frames came to the hooks";
	next->test_func = test_kinds;
	failed = _cmocka_run_group_tests("wire", tests, ARRAY_SIZE(paths) + corpus.count + 1, setup,
					 teardown);
	free(tests);
	corpus_free(&corpus);
	return failed;
}
