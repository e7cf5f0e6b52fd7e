/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that a hostile guest may write: stacks of plausible headers, of which every field may lie,
 * then damaged, cut short, or never meant to be a frame.
 */
#ifndef SMTPFENCE_TESTS_FRAMES_FORGE_H
#define SMTPFENCE_TESTS_FRAMES_FORGE_H

#include "build.h"
#include "dice.h"

/* The hosts that most frames come from and go to; IPv4 is v4-mapped. */
#define FORGE_HOSTS 12
extern const uint8_t forge_hosts[FORGE_HOSTS][16];

void forge_frame(struct built *ret_frame, struct dice *dice);

#endif
