/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the datapath's benchmark. Each prints its rows; false if one misses its limit. */
#ifndef SMTPFENCE_TESTS_BENCH_DATAPATH_H
#define SMTPFENCE_TESTS_BENCH_DATAPATH_H

#include <stdbool.h>

bool bench_frames(void);
bool bench_entries(void);

/* These need the ports that tests/bench/datapath makes. */
bool bench_veth(void);
bool bench_tap(void);

#endif
