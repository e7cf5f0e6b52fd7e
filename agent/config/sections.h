/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of the file: one source file each, put together in schema.c. */
#ifndef SMTPFENCE_CONFIG_SECTIONS_H
#define SMTPFENCE_CONFIG_SECTIONS_H

#include "config/field.h"
#include "config/link.h"

/*
 * No duration is longer: a century, of which the nanoseconds fit 64 bits many times over, so that
 * nobody who computes with one has to think of overflow.
 */
#define CONFIG_DURATION_MAX (36500ULL * 86400)

/* What holds a list's length in check otherwise is the size of the file. */
#define CONFIG_LIST_MAX UINT32_MAX

#define FIELD_LIST(type, items, count)                                                             \
	.parse = parse_list, .offset = offsetof(struct type, items),                               \
	.count_offset = offsetof(struct type, count),                                              \
	.item_size = sizeof(*((struct type *)0)->items)

#define TABLE(rows)                                                                                \
	{                                                                                          \
		.fields = (rows), .count = ARRAY_SIZE(rows)                                        \
	}

extern const struct table schema_table; /* the file as a whole: struct config */

extern const struct field interfaces_item; /* struct config_interface */
extern const struct field feeds_item;	   /* struct config_feed */
extern const struct field notify_item;	   /* struct config_notify */
extern const struct field usage_item;	   /* struct config_usage */
extern const struct table policy_table;	   /* struct config_policy */
extern const struct table limits_table;	   /* struct config_limits */
extern const struct table api_table;	   /* struct config_api */
extern const struct table notice_table;	   /* struct config_notice */

/* No two feeds of a struct config have the same name; no two receivers of usage reports. */
int feeds_check_names(const struct source *source, const yaml_node_t *node, void *object);
int usage_check_names(const struct source *source, const yaml_node_t *node, void *object);
/* Nor two receivers of notices. */
int notify_check_names(const struct source *source, const yaml_node_t *node, void *object);

/* A certificate is named with its key, or neither; @node is what @link was read from. */
int config_link_check(const struct source *source, const yaml_node_t *node,
		      const struct config_link *link);

/* A struct config without a template gets the built-in one. */
int notice_check(const struct source *source, const yaml_node_t *node, void *object);

#endif
