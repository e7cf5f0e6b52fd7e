/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map `settings`, of which fence->settings is the copy. */
#ifndef SMTPFENCE_FENCE_SETTINGS_H
#define SMTPFENCE_FENCE_SETTINGS_H

#include "fence/private.h"

/* Puts @settings in force unless they are already. */
int settings_write(struct fence *fence, const struct smtpfence_settings *settings,
		   struct error *error);

/* After entries have changed: what the datapath found in this timer tick holds no longer. */
int settings_judge_anew(struct fence *fence, struct error *error);

/* How many entries `prefixes` holds: to be raised before the first and lowered after the last. */
int settings_count_prefixes(struct fence *fence, size_t count, struct error *error);

/*
 * What fence_open puts in force. The mode of maps that were taken over stays, since it may have
 * been overridden at run time; fence_set_mode says what it is to be.
 */
int settings_begin(struct fence *fence, const struct config *config, struct error *error);

#endif
