/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file as a whole. */
#include <limits.h>

#include "config/config.h"
#include "config/scalar.h"
#include "config/sections.h"

static const struct word modes[] = {
	{"enforce", SMTPFENCE_MODE_ENFORCE}, {"monitor", SMTPFENCE_MODE_MONITOR}, {NULL, 0}};

static const struct word actions[] = {
	{"drop", SMTPFENCE_ON_BLOCK_DROP}, {"reset", SMTPFENCE_ON_BLOCK_RESET}, {NULL, 0}};

static const struct field rows[] = {
	{
		.name = "mode",
		.meaning = "monitor drops nothing and counts what it would have dropped",
		.fallback = "enforce",
		.parse = parse_word,
		.words = modes,
		.offset = offsetof(struct config, mode),
	},
	{
		.name = "on_block",
		.meaning = "reset answers a blocked SYN with a TCP reset",
		.fallback = "drop",
		.parse = parse_word,
		.words = actions,
		.offset = offsetof(struct config, on_block),
	},
	{
		.name = "interfaces",
		.meaning = "what is watched; the first match wins",
		.required = true,
		FIELD_LIST(config, interfaces, interface_count),
		.min = 1,
		.max = CONFIG_LIST_MAX,
		.item = &interfaces_item,
	},
	{
		.name = "feeds",
		.meaning = "where scores and lists come from",
		.fallback = "[]",
		FIELD_LIST(config, feeds, feed_count),
		.max = CONFIG_LIST_MAX,
		.item = &feeds_item,
		.check = feeds_check_names,
	},
	{
		.name = "policy",
		.meaning = "how scores become sentences",
		.fallback = "{}",
		.parse = parse_mapping,
		.table = &policy_table,
		.offset = offsetof(struct config, policy),
	},
	{
		.name = "limits",
		.meaning = "sizes of the kernel's maps; a change needs a restart",
		.fallback = "{}",
		.parse = parse_mapping,
		.table = &limits_table,
		.offset = offsetof(struct config, limits),
	},
	{
		.name = "api",
		.meaning = "how the daemon is talked to",
		.fallback = "{}",
		.parse = parse_mapping,
		.table = &api_table,
		.offset = offsetof(struct config, api),
	},
	{
		.name = "notify",
		.meaning = "who is told of every event",
		.fallback = "[]",
		FIELD_LIST(config, notify, notify_count),
		.max = CONFIG_LIST_MAX,
		.item = &notify_item,
		.check = notify_check_names,
	},
	{
		.name = "notice",
		.meaning = "what a customer is told of a block",
		.fallback = "{}",
		.parse = parse_mapping,
		.table = &notice_table,
		.offset = offsetof(struct config, notice),
		.check = notice_check,
	},
	{
		.name = "usage",
		.meaning = "who is told every source's SMTP volume",
		.fallback = "[]",
		FIELD_LIST(config, usage, usage_count),
		.max = CONFIG_LIST_MAX,
		.item = &usage_item,
		.check = usage_check_names,
	},
	{
		.name = "state",
		.meaning = "the database of sentences, offences and evidence",
		.fallback = "/var/lib/smtpfence/smtpfence.db",
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config, state),
	},
	{
		.name = "bpffs",
		.meaning = "where programs and maps are pinned",
		.fallback = CONFIG_BPFFS_DEFAULT,
		.parse = parse_path,
		.max = PATH_MAX,
		.offset = offsetof(struct config, bpffs),
	},
};

const struct table schema_table = TABLE(rows);
