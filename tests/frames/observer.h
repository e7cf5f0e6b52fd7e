/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the observer and its user agree on. */
#ifndef SMTPFENCE_TESTS_FRAMES_OBSERVER_H
#define SMTPFENCE_TESTS_FRAMES_OBSERVER_H

/* The ethertype of a frame that says: what was sent before me has come by, or never will. IEEE 802
 * keeps it for experiments. */
#define OBSERVER_SENTINEL 0x88b5

#endif
