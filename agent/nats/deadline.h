/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An end to what libnats waits for without one. In a TLS handshake it reads from a blocking socket
 * that it shows to nobody (3.4.1): a server that says nothing there, or a byte now and then, holds
 * the thread for ever. A signal to this thread alone breaks such a read off, and libnats takes that
 * for an error. One that arrives between two reads breaks off nothing, so it comes again and again.
 */
#ifndef SMTPFENCE_NATS_DEADLINE_H
#define SMTPFENCE_NATS_DEADLINE_H

#include <signal.h>
#include <stdbool.h>
#include <time.h>

struct deadline {
	timer_t timer;
	sigset_t mask; /* before */
};

/* From now on, every @msec, whatever this thread waits for in the kernel ends. 0 or negative errno.
 */
int deadline_begin(struct deadline *deadline, unsigned int msec);

/* Whether anything may have been broken off. */
bool deadline_end(struct deadline *deadline);

#endif
