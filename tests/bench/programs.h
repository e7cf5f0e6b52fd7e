/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs under test and those they are held against, and what a frame takes in them. */
#ifndef SMTPFENCE_TESTS_BENCH_PROGRAMS_H
#define SMTPFENCE_TESTS_BENCH_PROGRAMS_H

#include <stdint.h>

#include <bpf/libbpf.h>

#include "frames/run.h"
#include "turns.h"

/* A program of that type which passes every frame with that result. These die after a message. */
int load_empty(enum bpf_prog_type type, int result);

/*
 * smtpfence with @entries in configure()'s language, as for a guest's interface. @room: how many
 * exact entries the map has place for; 0: some.
 */
struct smtpfence_bpf *load_fence(const char *entries, uint32_t room);

/*
 * xdp-filter of Debian's xdp-tools, in the variant that looks at addresses only (of all that drop
 * by source, the one that does least), with two sources to drop: one IPv4, one IPv6 address.
 * Negative after a message if it is not installed.
 */
int load_xdp_filter(const char *ipv4, const char *ipv6);

/* The program's way with one frame, again and again. */
struct trial {
	int program;
	const struct built *frame;
	int result; /* that it must return: a cheap wrong verdict is no gain */
};

/* For struct contender; dies if the verdict is wrong. Both costs are CPU time. */
struct cost measure_trial(const void *trial);

#endif
