/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first reading of a file: is it YAML, and of the plain sort that a configuration needs? */
#ifndef SMTPFENCE_CONFIG_PROOF_H
#define SMTPFENCE_CONFIG_PROOF_H

#include "config/source.h"

/*
 * Refuses what is not YAML, an empty file, a second document (it would be ignored), anchors and
 * aliases (each value has one place, which errors can name), tags, and deep nesting (for which
 * libyaml takes quadratic time). 0, -EINVAL or -ENOMEM, with the error of @source set.
 */
int proof_read(const struct source *source, const char *text, size_t length);

#endif
