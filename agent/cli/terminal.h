/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A screen that is painted again and again, and keys that are read as they are pressed. */
#ifndef SMTPFENCE_CLI_TERMINAL_H
#define SMTPFENCE_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

struct terminal {
	bool live; /* standard output is a terminal */
	bool keys; /* standard input, too: `before` is what it was like */
	struct termios before;
};

/* From now on SIGINT and SIGTERM only end terminal_pause(). */
void terminal_open(struct terminal *terminal);
void terminal_close(struct terminal *terminal);

/* The cursor goes to the top left of an empty screen; nothing without a terminal. */
void terminal_clear(const struct terminal *terminal);

/* Lines on the screen; 0: no terminal. */
size_t terminal_lines(const struct terminal *terminal);

/* False: "q" was pressed, or a signal came. */
bool terminal_pause(const struct terminal *terminal, uint64_t seconds);

#endif
