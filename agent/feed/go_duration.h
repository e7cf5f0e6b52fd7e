/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_FEED_GO_DURATION_H
#define SMTPFENCE_FEED_GO_DURATION_H

#include <stdint.h>

/*
 * Reads a length of time as Go's time.Duration writes it: "3h59m12.34s", "1.5ms", "-2m3s", "0".
 * Units h m s ms us (with u, the micro sign or the Greek mu) ns, in any order, with fractions; a
 * fraction of a nanosecond is cut off. Returns 0 and nanoseconds; -EINVAL: no such text; -ERANGE:
 * more than 64 bits hold (292 years). @ret is untouched on an error.
 */
int go_duration_parse(const char *text, int64_t *ret_ns);

#endif
