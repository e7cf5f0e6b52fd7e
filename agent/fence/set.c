/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One entry at a time. */
#include <errno.h>

#include "base/prefix.h"
#include "fence/fence.h"
#include "fence/private.h"
#include "fence/settings.h"
#include "fence/table.h"

int fence_set(struct fence *fence, const struct entry *entry, struct error *error)
{
	enum table table = table_of(&entry->prefix);
	struct smtpfence_block block = table_block(entry);
	__u32 prefixes = fence->settings.prefixes;
	char limit[TABLE_LIMIT_TEXT_MAX], text[PREFIX_TEXT_MAX];
	bool done = false;
	int r;

	if (table == TABLE_PREFIXES) {
		r = table_get(fence, &entry->prefix, NULL, error);
		if (r == 0)
			r = settings_count_prefixes(fence, prefixes + 1, error);
		if (r < 0)
			return r;
	}
	r = table_write(fence, table, &entry->prefix, &block, 1, &done, error);
	if (r == 0 && !done)
		r = error_set(error, -ENOSPC,
			      "the kernel's map is full: %s is not in force; raise %s and restart "
			      "smtpfenced",
			      prefix_format_short(&entry->prefix, text),
			      table_limit(fence, table, limit));
	if (r < 0) {
		settings_count_prefixes(fence, prefixes, NULL);
		return r;
	}
	return settings_judge_anew(fence, error);
}

int fence_clear(struct fence *fence, const struct smtpfence_prefix *prefix, struct error *error)
{
	int r = table_delete(fence, prefix, error);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (table_of(prefix) != TABLE_PREFIXES)
		return settings_judge_anew(fence, error);
	return settings_count_prefixes(fence, fence->settings.prefixes - 1, error);
}

int fence_forget_hits(struct fence *fence, const struct smtpfence_prefix *prefix,
		      struct error *error)
{
	return table_forget_hits_of(fence, prefix, error);
}
