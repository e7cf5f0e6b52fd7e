/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_NOTIFY_SIGNATURE_H
#define SMTPFENCE_NOTIFY_SIGNATURE_H

#include <stdint.h>

#define SIGNATURE_TEXT_MAX 96

/*
 * "t=TIME,v1=HEX": HMAC-SHA256 (RFC 2104, FIPS 180-4) with @secret as its key over the decimal
 * digits of @time (s since 1970), a full stop, and @body. The time is inside, so that whoever
 * verifies it can refuse what is old: an answer that was recorded cannot be sent again next week.
 * 0 or -ENOMEM.
 */
int signature_make(const char *secret, int64_t time, const char *body,
		   char ret[SIGNATURE_TEXT_MAX]);

#endif
