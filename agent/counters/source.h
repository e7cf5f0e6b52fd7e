/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_COUNTERS_SOURCE_H
#define SMTPFENCE_COUNTERS_SOURCE_H

#include "smtpfence/abi.h"

/* Adds what another CPU has counted of the same source. */
void source_add(struct smtpfence_source *sum, const struct smtpfence_source *value);

#endif
