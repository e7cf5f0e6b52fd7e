/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text format of Prometheus, version 0.0.4. Every name gets the prefix "smtpfence_". */
#ifndef SMTPFENCE_API_EXPOSITION_H
#define SMTPFENCE_API_EXPOSITION_H

#include <stdio.h>

/* Begins a family; @help is a sentence without its full stop. */
void exposition_head(FILE *out, const char *name, const char *type, const char *help);

struct exposition_label {
	const char *name, *value;
};

#define LABELS(...) ((const struct exposition_label[]){__VA_ARGS__, {NULL, NULL}})
#define NO_LABELS   NULL

/* @labels end with one without a name: LABELS({"feed", name}, {"kind", kind}). */
void exposition_sample(FILE *out, const char *name, const struct exposition_label *labels,
		       double value);

#endif
