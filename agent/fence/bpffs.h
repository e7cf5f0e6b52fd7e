/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder on bpffs in which everything of ours is pinned, and what the pins are called. */
#ifndef SMTPFENCE_FENCE_BPFFS_H
#define SMTPFENCE_FENCE_BPFFS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define BPFFS_NEXT     "next"	  /* folder of a generation whose hooks are still moving over */
#define BPFFS_PROGRAMS "programs" /* folder of what the command line may run */
#define BPFFS_LINKS    "links"	  /* folder of the hooks that are links: XDP and TCX */
#define BPFFS_CHECK    "check"	  /* the program that answers questions, in `programs` */

/* The maps that are pinned, by their names in DESIGN. */
#define BPFFS_MAPS 9
extern const char *const bpffs_maps[BPFFS_MAPS];

/* The path of a pin below @bpffs; returns @path. A path that is cut names nothing that exists. */
const char *bpffs_path(char path[PATH_MAX], const char *bpffs, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

enum bpffs_link { BPFFS_LINK_XDP, BPFFS_LINK_INGRESS, BPFFS_LINK_EGRESS };

/* The pin of that hook of interface @ifindex; returns @path. */
const char *bpffs_link_path(char path[PATH_MAX], const char *bpffs, enum bpffs_link link,
			    unsigned int ifindex);

/* Makes @bpffs and its folders, readable for root alone; mounts bpffs where nothing is mounted. */
int bpffs_prepare(const char *bpffs, struct error *error);

/* @path exists and lies on a bpffs: what is in it can only be pins. */
bool bpffs_is_mounted(const char *path);

/* Removes a pin; 0 also if there was none. */
int bpffs_unpin(const char *path, struct error *error);

/* Removes what a start that was cut short has left in <bpffs>/next, and the folder. */
int bpffs_remove_next(const char *bpffs, struct error *error);

/* Calls @fn for the interface of every pinned hook; twice, if it has two. */
int bpffs_each_link(const char *bpffs, void (*fn)(unsigned int ifindex, void *userdata),
		    void *userdata);

#endif
