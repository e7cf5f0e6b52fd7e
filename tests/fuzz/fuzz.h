/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzzers share. A fuzzer is a file PART_WHAT.c with LLVMFuzzerTestOneInput: it gives the
 * bytes to a parser as the daemon would, and aborts where the parser breaks its promise. Memory
 * errors, leaks and undefined behaviour are the sanitizers' to find.
 */
#ifndef SMTPFENCE_TESTS_FUZZ_H
#define SMTPFENCE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

/* Called by libFuzzer with each input. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What must hold whatever the input. */
#define ALWAYS(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* A refusal says why, in one line that a terminal can show. */
static inline void check_refusal(const struct error *error)
{
	ALWAYS(error->text[0]);
	for (const char *c = error->text; *c; c++)
		ALWAYS((unsigned char)*c >= ' ' && *c != 0x7f);
}

#endif
