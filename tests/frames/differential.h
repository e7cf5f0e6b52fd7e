/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same frame through bpf/ and through the reference. A seed and a number determine a frame, and
 * the entries that it meets: these change every DIFFERENTIAL_POLICY frames.
 */
#ifndef SMTPFENCE_TESTS_FRAMES_DIFFERENTIAL_H
#define SMTPFENCE_TESTS_FRAMES_DIFFERENTIAL_H

#include "reference.h"
#include "run.h"

#define DIFFERENTIAL_POLICY 16384

struct differential {
	struct smtpfence_bpf *sets[2]; /* [1] with frags, where the kernel has them */
	uint64_t seed;
	struct reference_policy policy;
	uint64_t policy_number;
	struct built frame; /* the last one */
	char complaint[128];
	uint64_t seen[SMTPFENCE_REASON_COUNT]; /* frames of each reason */
};

/* -EIO after a message: not root, or the programs do not load. */
int differential_open(struct differential *differential, uint64_t seed);
void differential_close(struct differential *differential);

/*
 * Compares the frame of that number: with `check`, whose answer holds verdict and reason (the
 * verdict alone if the frame has no room for it), and the verdict of one of the programs that are
 * attached, which take a short way. False after a disagreement: it is in `complaint`.
 */
bool differential_agrees(struct differential *differential, uint64_t number);

#endif
