/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fresh host for every test: a network namespace and a bpffs of its own. Include after cmocka. */
#ifndef SMTPFENCE_TESTS_UNIT_FENCE_SANDBOX_H
#define SMTPFENCE_TESTS_UNIT_FENCE_SANDBOX_H

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "config/config.h"

#define BPFFS "/sys/fs/bpf/smtpfence"

/* Namespaces and bpffs are root's. */
#define SKIP_UNLESS_ROOT()                                                                         \
	do {                                                                                       \
		if (geteuid() != 0)                                                                \
			skip();                                                                    \
	} while (0)

static inline int sandbox_setup(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	return mount("bpf", "/sys/fs/bpf", "bpf", 0, "mode=0700");
}

static inline int sandbox_teardown(void **state)
{
	(void)state;
	return geteuid() == 0 ? umount2("/sys/fs/bpf", MNT_DETACH) : 0;
}

/* The configuration with @text as its file. */
static inline struct config *sandbox_config(const char *text)
{
	char path[] = "/tmp/smtpfence-test-XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);
	struct error error = {.text = "?"};
	struct config *config = NULL;
	int r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	r = config_load(path, &config, &error);
	unlink(path);
	if (r < 0)
		fail_msg("%s", error.text);
	return config;
}

static inline struct smtpfence_prefix sandbox_prefix(const char *text)
{
	struct smtpfence_prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

/* Runs a command, which must succeed. */
#define RUN(command) assert_int_equal(system(command), 0)

#define assert_ok(call, error)                                                                     \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s", #call, (error)->text);                                  \
	} while (0)

#endif
