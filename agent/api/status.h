/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_API_STATUS_H
#define SMTPFENCE_API_STATUS_H

#include "api/internal.h"

/* Blocked sources lose frames: the mode says so, and there is an interface where they can. */
bool status_is_enforcing(const struct api *api);

#endif
