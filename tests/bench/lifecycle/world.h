/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon under test: the program that is installed, its store on a real disk, its maps pinned,
 * its API on its socket. Everything of it is gone when world_close returns; what is left after a
 * crash goes with the sandbox, but for its folder.
 */
#ifndef SMTPFENCE_TESTS_BENCH_WORLD_H
#define SMTPFENCE_TESTS_BENCH_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "smtpfence/abi.h"
#include "base/prefix.h"

#define WORLD_PATH_MAX 256
#define WORLD_BPFFS    "/sys/fs/bpf/smtpfence" /* of the sandbox */

struct world {
	const char *build;
	char folder[WORLD_PATH_MAX - 64]; /* below the build folder: on the same disk */
	char socket[WORLD_PATH_MAX];
	pid_t daemon;
};

/* Source number @i: an IPv4 address (RFC 2544's range) or one address in an IPv6 /64 (RFC 3849's).
 */
struct smtpfence_prefix world_source(size_t i);
/* The same as text. Returns @text. */
const char *world_source_text(size_t i, char text[PREFIX_TEXT_MAX]);

/* Starts it; sentences from its feed last @duration seconds. False, and why on standard error. */
bool world_open(struct world *world, const char *build, unsigned int duration);
void world_close(struct world *world);

/* In between: ends it without taking anything away, and starts it again as world_open did. */
void world_stop(struct world *world);
bool world_start(struct world *world);

/* Gives its feed a snapshot in which sources 0 to @count - 1 have offended now. */
bool world_offend(const struct world *world, size_t count);

const char *world_path(const struct world *world, const char *name, char path[WORLD_PATH_MAX]);

/* Resident, in MiB; 0: unknown. */
double world_resident(const struct world *world);

/* What the daemon has computed so far, s. */
double world_cpu(const struct world *world);

#endif
