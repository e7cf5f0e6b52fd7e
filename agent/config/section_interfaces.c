/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "config/config.h"
#include "config/scalar.h"
#include "config/sections.h"

#define WILDCARDS "*?[\\"

/* Where the bracket expression at @open ends; NULL: nowhere. */
static const char *bracket_end(const char *open)
{
	const char *first = open + 1;

	if (*first == '!' || *first == '^')
		first++;
	return *first ? strchr(first + 1, ']') : NULL; /* a bracket in front stands for itself */
}

/* What is wrong with a glob as half a sentence, or NULL. */
static const char *glob_problem(const char *glob)
{
	if (!*glob || strpbrk(glob, "/ "))
		return "is no pattern of interface names: they have no '/' or blank in them";
	if (!strpbrk(glob, WILDCARDS) && strlen(glob) >= IFNAMSIZ)
		return "is longer than an interface's name can be (15 characters)";
	for (const char *c = glob; *c; c++) {
		if (*c == '\\' && !*++c)
			return "ends with a backslash that escapes nothing";
		if (*c != '[')
			continue;
		c = bracket_end(c);
		if (!c)
			return "has a '[' without its ']'";
	}
	return NULL;
}

static SCALAR_PARSER(parse_glob)
{
	const char *text = scalar_text(source, field, node);
	const char *problem;

	if (!text)
		return -EINVAL;
	problem = glob_problem(text);
	if (problem)
		return scalar_error(source, field, node, "%s", problem);
	return scalar_store(source, field, text, object);
}

static int check_interface(const struct source *source, const yaml_node_t *node, void *object)
{
	const struct config_interface *interface = object;

	if (interface->role != SMTPFENCE_ROLE_UPLINK || interface->hook == CONFIG_HOOK_AUTO ||
	    interface->hook == CONFIG_HOOK_TC)
		return 0;
	return source_error(source, source_value(source, node, "hook"),
			    "hook: XDP on an uplink sees only what arrives, and spam leaves there: "
			    "use hook: tc or auto");
}

static const struct word roles[] = {
	{"guest", SMTPFENCE_ROLE_GUEST}, {"uplink", SMTPFENCE_ROLE_UPLINK}, {NULL, 0}};

static const struct word hooks[] = {
	{"auto", CONFIG_HOOK_AUTO},
	{"xdp", CONFIG_HOOK_XDP},
	{"xdp-native", CONFIG_HOOK_XDP_NATIVE},
	{"xdp-generic", CONFIG_HOOK_XDP_GENERIC},
	{"tc", CONFIG_HOOK_TC},
	{NULL, 0},
};

static const struct field rows[] = {
	{
		.name = "match",
		.meaning = "shell glob on the interface's name",
		.required = true,
		.parse = parse_glob,
		.offset = offsetof(struct config_interface, match),
	},
	{
		.name = "role",
		.meaning = "what is behind it: a guest, or the way out of the host",
		.required = true,
		.parse = parse_word,
		.words = roles,
		.offset = offsetof(struct config_interface, role),
	},
	{
		.name = "hook",
		.meaning = "auto: the one that costs innocent traffic least",
		.fallback = "auto",
		.parse = parse_word,
		.words = hooks,
		.offset = offsetof(struct config_interface, hook),
	},
};

static const struct table table = TABLE(rows);

const struct field interfaces_item = {
	.name = "interfaces",
	.parse = parse_mapping,
	.table = &table,
	.check = check_interface,
};
