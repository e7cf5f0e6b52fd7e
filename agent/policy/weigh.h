/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SMTPFENCE_POLICY_WEIGH_H
#define SMTPFENCE_POLICY_WEIGH_H

#include "policy/policy.h"

/* Whether an incident was @detected after all that was ever held against the source. */
bool policy_is_newer(const struct sentence *sentence, int64_t detected, const struct moment *now);

#endif
