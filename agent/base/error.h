/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An error that a person reads: what is wrong, where, and what to do about it. A function either
 * fills an error and returns a negative errno, or logs, never both.
 */
#ifndef SMTPFENCE_BASE_ERROR_H
#define SMTPFENCE_BASE_ERROR_H

#define ERROR_TEXT_MAX 512

struct error {
	char text[ERROR_TEXT_MAX]; /* one line, no newline at its end */
};

/* Fills @error (may be NULL) and returns @code, a negative errno, for `return error_set(…)`. */
int error_set(struct error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts a formatted text and ": " before what @error says; returns @code. */
int error_prefix(struct error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
