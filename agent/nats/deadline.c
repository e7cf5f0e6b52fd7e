/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nats/deadline.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#define MSEC_PER_SEC  1000U
#define NSEC_PER_MSEC 1000000L

#ifndef sigev_notify_thread_id /* as glibc calls it only since 2.38 */
#define sigev_notify_thread_id _sigev_un._tid
#endif

static _Thread_local volatile sig_atomic_t passed;

static void on_signal(int signal)
{
	(void)signal;
	passed = 1;
}

static int wake_signal(void)
{
	return SIGRTMIN;
}

/* Without SA_RESTART: what it interrupts is not to go on. */
static void set_handler(void)
{
	const struct sigaction action = {.sa_handler = on_signal};

	sigaction(wake_signal(), &action, NULL);
}

static void unblock(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, wake_signal());
	pthread_sigmask(SIG_UNBLOCK, &set, before);
}

int deadline_begin(struct deadline *deadline, unsigned int msec)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = wake_signal()};
	const struct timespec span = {.tv_sec = msec / MSEC_PER_SEC,
				      .tv_nsec = msec % MSEC_PER_SEC * NSEC_PER_MSEC};
	const struct itimerspec times = {.it_interval = span, .it_value = span};

	pthread_once(&once, set_handler);
	passed = 0;
	event.sigev_notify_thread_id = gettid();
	if (timer_create(CLOCK_MONOTONIC, &event, &deadline->timer) < 0)
		return -errno;
	unblock(&deadline->mask);
	timer_settime(deadline->timer, 0, &times, NULL);
	return 0;
}

bool deadline_end(struct deadline *deadline)
{
	timer_delete(deadline->timer);
	pthread_sigmask(SIG_SETMASK, &deadline->mask, NULL);
	return passed;
}
