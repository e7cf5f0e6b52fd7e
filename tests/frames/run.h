/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the programs on a frame (BPF_PROG_TEST_RUN) with maps of their own, so that a test runs
 * beside a live system. The kernel gives every frame the interface lo of the namespace: index 1.
 */
#ifndef SMTPFENCE_TESTS_FRAMES_RUN_H
#define SMTPFENCE_TESTS_FRAMES_RUN_H

#include <stdbool.h>

#include "build.h"
#include "skel/smtpfence.skel.h"
#include "smtpfence/abi.h"

#define TEST_IFINDEX 1

/* The kernel has bpf_xdp_load_bytes and XDP programs with frags (5.18). */
bool kernel_has_frags(void);

/* With small maps; @frags as the loader does where the kernel can. NULL after a message. */
struct smtpfence_bpf *open_programs(bool frags);
struct smtpfence_bpf *load_programs(bool frags);

/* The key for "192.0.2.0/24" or "2001:db8::/32", host bits cleared; dies on anything else. */
struct smtpfence_prefix parse_prefix(const char *text);

/* What waits to be counted, and what was judged in this timer tick, is each CPU's own. 0 or -errno.
 */
int stay_on_this_cpu(void);

/* CLOCK_BOOTTIME, ns. */
uint64_t boottime(void);

/* Into `blocks` or `prefixes`, in place of an equal one, and keeps the settings' count. @deadline
 * 0: none. */
void add_entry(struct smtpfence_bpf *programs, const struct smtpfence_prefix *prefix,
	       enum smtpfence_action action, uint64_t deadline);

/* Into `exempt_destinations`, and keeps the settings' count. */
void add_exempt(struct smtpfence_bpf *programs, const struct smtpfence_prefix *prefix);

/*
 * Fills the maps from one line of text:
 *
 *   drop:PREFIX allow:PREFIX    without a deadline
 *   drop~:PREFIX allow~:PREFIX  expired a second ago
 *   drop+:PREFIX allow+:PREFIX  ends in an hour
 *   drop!:PREFIX allow!:PREFIX  the prefix beside it: the last bit is the other
 *   drop:ADDRESS/16-24          and so on: one entry of each of these lengths
 *   exempt:PREFIX               a destination
 *   monitor                     the mode
 *   count:LENGTH                IPv6 sources are counted per prefix of so many bits
 */
void configure(struct smtpfence_bpf *programs, const char *text);

struct smtpfence_settings get_settings(struct smtpfence_bpf *programs);
void set_settings(struct smtpfence_bpf *programs, const struct smtpfence_settings *settings);

/* Whatever was judged in this timer tick is judged anew. */
void judge_anew(struct smtpfence_bpf *programs);

/* Removes what configure() made. */
void reset_entries(struct smtpfence_bpf *programs);

/* Empties every map but `settings`, which becomes all zero. */
void reset_maps(struct smtpfence_bpf *programs);

/*
 * Newer kernels refuse an skb that says it is IP and has no whole IP header. A frame that does not
 * fit into a page is refused by nearly all of them, and not handed to XDP without frags at all: the
 * kernel would show the program the first page only, which no device does.
 */
#define RUN_REFUSED (-1000)
#define RUN_MAX	    3000 /* bytes that fit in any case */

/* The program's return value. Where not NULL, what it made of the frame's start is copied out. */
int run_frame(const struct bpf_program *program, const struct built *frame,
	      struct smtpfence_answer *ret_answer);

#endif
