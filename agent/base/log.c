/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/text.h"

/* An error text with its prefixes fits; what is longer is cut. */
#define LOG_TEXT_MAX 1024

static enum log_level log_most = LOG_LEVEL_INFO;

static const int syslog_priority[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

void log_set_level(enum log_level level)
{
	log_most = level;
}

/*
 * systemd.exec(5): JOURNAL_STREAM names the journal's stream. Only the comparison with what
 * standard error really is tells whether this process still writes there.
 */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat status;

	if (!stream || sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) != 2)
		return false;
	return fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

void log_message(enum log_level level, const char *format, ...)
{
	char text[LOG_TEXT_MAX];
	va_list arguments;

	if (level > log_most)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	text_make_printable(text);
	if (stderr_is_journal())
		fprintf(stderr, "<%d>%s\n", syslog_priority[level], text);
	else
		fprintf(stderr, "%s\n", text);
}
