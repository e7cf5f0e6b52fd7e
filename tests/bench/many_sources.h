/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_TESTS_BENCH_MANY_SOURCES_H
#define SMTPFENCE_TESTS_BENCH_MANY_SOURCES_H

/* Four times as many as judgements are kept (SMTPFENCE_RECENT); they send in no order. */
#define MANY_SOURCES 1024

#endif
