/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_API_INTERFACES_H
#define SMTPFENCE_API_INTERFACES_H

#include "fence/fence.h"

/* "xdp-native" …; NULL: none. */
const char *interface_hook_name(enum smtpfence_hook hook);

size_t interfaces_covered(const struct fence *fence);

#endif
