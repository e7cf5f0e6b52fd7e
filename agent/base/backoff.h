/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_BASE_BACKOFF_H
#define SMTPFENCE_BASE_BACKOFF_H

#include <stdint.h>

/*
 * How long to wait before something that has failed @failures times in a row is tried again:
 * @first, doubled with each further failure up to @most. What is returned lies by chance between
 * half of that and the whole, so that a thousand hosts do not come back at once. All in
 * microseconds.
 */
uint64_t backoff_usec(unsigned int failures, uint64_t first, uint64_t most);

#endif
