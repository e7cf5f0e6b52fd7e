/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bpffs that only this process sees, and that is gone with it. */
#ifndef SMTPFENCE_TESTS_BPFFS_H
#define SMTPFENCE_TESTS_BPFFS_H

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#define BPFFS_FOLDER_MAX 32

/*
 * Mounts one on a new folder and leaves its path in @folder; the process gets a mount namespace of
 * its own, and with CLONE_NEWNET in @more a network namespace as well. False, and why on standard
 * error, where that cannot be had.
 */
static inline bool bpffs_mount(char folder[BPFFS_FOLDER_MAX], int more)
{
	snprintf(folder, BPFFS_FOLDER_MAX, "/tmp/smtpfence-XXXXXX");
	if (unshare(CLONE_NEWNS | more) == 0 &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mkdtemp(folder) &&
	    mount("bpf", folder, "bpf", 0, NULL) == 0)
		return true;
	fprintf(stderr, "bpffs: %s\n", strerror(errno));
	return false;
}

/* The folder that the mount leaves behind in the file system below. */
static inline void bpffs_unmount(const char *folder)
{
	umount2(folder, MNT_DETACH);
	rmdir(folder);
}

#endif
