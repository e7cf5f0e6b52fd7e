/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/signature.h"

#include <errno.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

int signature_make(const char *secret, int64_t time, const char *body, char ret[SIGNATURE_TEXT_MAX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	_cleanup_free_ char *message = NULL;
	unsigned int size = 0;
	int length, used;

	length = asprintf(&message, "%lld.%s", (long long)time, body);
	if (length < 0) {
		message = NULL;
		return -ENOMEM;
	}
	if (!HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)message,
		  (size_t)length, digest, &size))
		return -ENOMEM;
	used = snprintf(ret, SIGNATURE_TEXT_MAX, "t=%lld,v1=", (long long)time);
	for (unsigned int i = 0; i < size; i++)
		used += snprintf(ret + used, SIGNATURE_TEXT_MAX - (size_t)used, "%02x", digest[i]);
	return 0;
}
