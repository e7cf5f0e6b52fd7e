/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean …?" */
#ifndef SMTPFENCE_BASE_NEAREST_H
#define SMTPFENCE_BASE_NEAREST_H

#include <stddef.h>

/*
 * Which of @names (NULL entries are skipped) was meant by the mistyped @word, or NULL where none is
 * like it: at most a third of the letters may differ, and one always may. Two neighbours that
 * changed places count as one.
 */
const char *nearest_name(const char *word, const char *const *names, size_t count);

#endif
