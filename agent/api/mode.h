/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_API_MODE_H
#define SMTPFENCE_API_MODE_H

#include "smtpfence/abi.h"

/* "enforce" "monitor" */
const char *mode_name(enum smtpfence_mode mode);

#endif
