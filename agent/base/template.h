/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts with placeholders, after Mustache (mustache(5)), of which it has what a letter needs:
 *
 *   {{name}}                  the value of that name
 *   {{#name}} … {{/name}}     only where it has a value; of a list, once for each of its items
 *   {{^name}} … {{/name}}     only where it has none
 *   {{! … }}                  a comment
 *
 * A tag of the last three kinds that is alone on its line takes the line with it. Values go out as
 * they are: nothing in them is taken for a placeholder, and nothing is escaped.
 */
#ifndef SMTPFENCE_BASE_TEMPLATE_H
#define SMTPFENCE_BASE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

struct template_name {
	const char *name;
	bool is_list;
	const char *within; /* a list, in whose section alone it stands; NULL: anywhere */
};

struct template;

struct template_names {
	const struct template_name *items;
	size_t count;
};

/*
 * Reads @text of @length bytes, which may be freed then. A name is known by its index in @names.
 * -EINVAL: @error says "FILE:LINE: what".
 */
int template_parse(const char *file, const char *text, size_t length,
		   const struct template_names *names, struct template **ret, struct error *error);

void template_free(struct template *template);
DEFINE_CLEANUP(struct template *, template_free)

/* Where the values come from. */
struct template_values {
	/* NULL or "": it has none. @item counts in the list around it, if there is one. */
	const char *(*text)(size_t name, size_t item, void *userdata);
	size_t (*list_length)(size_t name, void *userdata);
	void *userdata;
};

/* Owned by the caller; NULL: out of memory. */
char *template_render(const struct template *template, const struct template_values *values);

#endif
