/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict table a second time, for the fuzzer to hold bpf/ against: slow and plain, written
 * from the RFCs and DESIGN, section 5, with numbers and code of its own. Of abi.h it takes the
 * names of the reasons and nothing else, so that a wrong number there is found as well.
 */
#ifndef SMTPFENCE_TESTS_FRAMES_REFERENCE_H
#define SMTPFENCE_TESTS_FRAMES_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtpfence/abi.h"

#define REFERENCE_ENTRIES 64

/* An address range; IPv4 is v4-mapped, and its length counts from the mapped prefix on: 96 to 128.
 */
struct reference_range {
	uint8_t address[16];
	unsigned int length;
};

struct reference_entry {
	struct reference_range range;
	bool allow; /* else: drop */
	bool expired;
};

struct reference_policy {
	struct reference_entry entries[REFERENCE_ENTRIES];
	size_t entry_count;
	struct reference_range exempt; /* destinations; length 0: none */
	bool monitor;
};

/* @length is 14 at least: the kernel hands out no shorter frame. */
enum smtpfence_reason reference_judge(const struct reference_policy *policy, const uint8_t *frame,
				      size_t length);

/* Whether a frame that is judged so is dropped. */
bool reference_drops(enum smtpfence_reason reason);

#endif
