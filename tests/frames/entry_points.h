/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One frame, every entry point: XDP with and without frags, TC ingress, TC egress and check. */
#ifndef SMTPFENCE_TESTS_FRAMES_ENTRY_POINTS_H
#define SMTPFENCE_TESTS_FRAMES_ENTRY_POINTS_H

#include "run.h"

/* cmocka's group setup and teardown, and the setup of each test. */
int load_entry_points(void **state);
int unload_entry_points(void **state);
int reset_entry_points(void **state);

/* The two sets of programs: [0] as on an old kernel, [1] with bpf_xdp_load_bytes and frags
 * where the kernel has them. */
extern struct smtpfence_bpf *loaded[2];

/* Says how many frames the kernel refused to hand to an entry point: see RUN_REFUSED. */
void print_refused(void);

/* reset_entries() and configure(), in both sets. */
void reset_entries_everywhere(void);
void configure_everywhere(const char *text);

/*
 * Fails the test unless every entry point gives the frame that reason and its verdict, and the
 * counters that may be attached count exactly that.
 */
void expect_everywhere(const char *spec, enum smtpfence_reason reason);

/*
 * Fails the test unless every entry point gives this frame the verdict of `check`, which parses
 * each frame in full and takes no short way.
 */
void expect_agreement(const struct built *frame);

/* Fails the test unless `check` names that entry as the one that decides; NULL: none. */
void expect_match(const char *spec, const char *prefix);

/* The sum over all CPUs of `totals`. */
struct smtpfence_total read_total(struct smtpfence_bpf *programs, enum smtpfence_reason reason);

/* `totals`, all of them. */
struct counted {
	struct smtpfence_total totals[SMTPFENCE_REASON_COUNT];
};

struct counted read_totals(int set);

/* The reason that was counted between two readings: OTHER is none. */
enum smtpfence_reason counted_reason(const struct counted *before, const struct counted *after);

const char *reason_label(enum smtpfence_reason reason);
bool reason_drops(enum smtpfence_reason reason);

#endif
