/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence/messages.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* The longest that log.h prints of one message; a verifier's log comes as one of many lines. */
#define MESSAGE_TEXT_MAX 65536

/* Of an absent TC filter libbpf warns as of a fault, although being absent is an answer. */
static enum log_level level_of(enum libbpf_print_level level, const char *format)
{
	static const char remark[] = "Kernel error message";

	if (level != LIBBPF_WARN || strstr(format, remark))
		return LOG_LEVEL_DEBUG;
	return LOG_LEVEL_INFO;
}

static int print(enum libbpf_print_level level, const char *format, va_list arguments)
{
	static char text[MESSAGE_TEXT_MAX];
	char *rest = text;
	char *line;

	if (level == LIBBPF_DEBUG)
		return 0;
	vsnprintf(text, sizeof(text), format, arguments);
	while ((line = strsep(&rest, "\n")))
		if (*line)
			log_message(level_of(level, format), "%s", line);
	return 0;
}

void messages_to_log(void)
{
	libbpf_set_print(print);
}
