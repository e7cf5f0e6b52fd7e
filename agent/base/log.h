/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages for the operator, one line each, on standard error. Under systemd every line carries
 * the "<N>" prefix of sd-daemon(3), so that the journal knows its level.
 */
#ifndef SMTPFENCE_BASE_LOG_H
#define SMTPFENCE_BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* The most talkative level that is printed; LOG_LEVEL_INFO at the start. */
void log_set_level(enum log_level level);

void log_message(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...)	 log_message(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)	 log_message(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	 log_message(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
