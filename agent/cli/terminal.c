/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

void terminal_open(struct terminal *terminal)
{
	const struct sigaction action = {.sa_handler = on_interrupt};
	struct termios raw;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	terminal->live = isatty(STDOUT_FILENO);
	terminal->keys = terminal->live && tcgetattr(STDIN_FILENO, &terminal->before) == 0;
	if (!terminal->keys)
		return;
	raw = terminal->before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

void terminal_close(struct terminal *terminal)
{
	if (terminal->keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal->before);
}

void terminal_clear(const struct terminal *terminal)
{
	if (terminal->live)
		fputs("\033[H\033[J", stdout);
}

size_t terminal_lines(const struct terminal *terminal)
{
	struct winsize size = {};

	if (!terminal->live || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_row;
}

/* Waits for a key; 0: the time is over, or a signal came. */
static char read_key(const struct terminal *terminal, uint64_t milliseconds)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char key = 0;

	if (poll(&input, terminal->keys, (int)milliseconds) <= 0)
		return 0;
	/* A terminal that is gone has nothing to read, for ever. */
	return read(STDIN_FILENO, &key, 1) == 1 ? key : 'q';
}

bool terminal_pause(const struct terminal *terminal, uint64_t seconds)
{
	uint64_t end = clock_boot_ns() + seconds * NSEC_PER_SEC, now;

	while (!interrupted && (now = clock_boot_ns()) < end) {
		char key = read_key(terminal, (end - now) / (1000 * NSEC_PER_USEC) + 1);

		if (key == 'q' || key == 'Q')
			return false;
	}
	return !interrupted;
}
