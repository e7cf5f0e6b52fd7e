/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzz_format(&feed_format_drop, bytes, size);
}
