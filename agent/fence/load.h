/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One generation: the programs and the maps that they share. A new generation stands beside the
 * old one, which goes on enforcing, until load_promote; whatever happens in between, the next
 * start throws away what stands below <bpffs>/next and begins again. That is safe at any point:
 * hooks that had moved over keep their maps alive and full, pinned or not, and every hook is moved
 * again by the next start.
 */
#ifndef SMTPFENCE_FENCE_LOAD_H
#define SMTPFENCE_FENCE_LOAD_H

#include "fence/private.h"

/* Loads the programs over the pinned maps, or over new ones where those do not fit. */
int load_generation(struct fence *fence, const struct config *config, struct error *error);

/* The hooks have moved: the new generation's pins take the place of the old one's. */
int load_promote(struct fence *fence, struct error *error);

#endif
