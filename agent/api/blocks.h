/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_API_BLOCKS_H
#define SMTPFENCE_API_BLOCKS_H

#include "api/internal.h"

/* A row of `list`. NULL: out of memory. */
cJSON *blocks_row(const struct api *api, const struct ledger_row *row);

#endif
