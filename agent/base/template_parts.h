/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A template in memory: its text and tags, one after the other. */
#ifndef SMTPFENCE_BASE_TEMPLATE_PARTS_H
#define SMTPFENCE_BASE_TEMPLATE_PARTS_H

#include "base/template.h"

#define TEMPLATE_NESTING_MAX 8 /* sections in sections: bounds the recursion */

enum part_kind { PART_TEXT, PART_VALUE, PART_SECTION, PART_INVERTED, PART_END };

struct part {
	enum part_kind kind;
	const char *text; /* of PART_TEXT: inside the template's own copy */
	size_t length;
	size_t name; /* of all others */
	bool is_list;
	size_t end;  /* of a section: where its PART_END is */
	size_t line; /* from 1 */
};

struct template
{
	char *text;	    /* owned */
	struct part *parts; /* owned */
	size_t count;
};

#endif
