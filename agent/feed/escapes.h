/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_FEED_ESCAPES_H
#define SMTPFENCE_FEED_ESCAPES_H

/*
 * Replaces in a line of JSON, in place, the \u escapes that no C string can hold (NUL) or that are
 * half a character (lone surrogates) by the one for '?'. The first would cut a string off unseen,
 * the second is not read by cJSON: a spammer could keep a whole feed out with one odd message id.
 */
void escapes_mend(char *json);

#endif
