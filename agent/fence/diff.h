/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must be done to make one set of entries into another. */
#ifndef SMTPFENCE_FENCE_DIFF_H
#define SMTPFENCE_FENCE_DIFF_H

#include "base/entry.h"
#include "base/error.h"

enum edit_kind { EDIT_ADD, EDIT_UPDATE, EDIT_REMOVE };

struct edit {
	const struct entry *entry; /* borrowed: the wanted one, or the present one to remove */
	enum edit_kind kind;
};

struct edits {
	struct edit *items; /* owned; in the order of prefix_compare */
	size_t count;
};

/* Both in the order of prefix_compare. */
int diff_entries(const struct entries *present, const struct entries *wanted, struct edits *ret,
		 struct error *error);

void edits_clear(struct edits *edits);

#endif
