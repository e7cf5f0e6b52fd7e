/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who takes part: a real nats-server with its store on a real disk, the real daemon that follows a
 * bucket of it, and a scorer's client.
 */
#ifndef SMTPFENCE_TESTS_BENCH_NATS_PEERS_H
#define SMTPFENCE_TESTS_BENCH_NATS_PEERS_H

#include <nats/nats.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/prefix.h"

#define PEERS_PORT   4222U
#define PEERS_STREAM "KV_SMTP_DECISIONS"
#define PEERS_PREFIX "$KV.SMTP_DECISIONS."
#define PEERS_FILTER PEERS_PREFIX ">"

struct peers {
	const char *build;
	char folder[192]; /* below the build folder: on the same disk */
	pid_t server, daemon;
	int blocks; /* the daemon's map */
	natsConnection *connection;
	jsCtx *context;
};

/* False, and why on standard error. */
bool peers_open(struct peers *peers, const char *build);
/* Everything is gone then but, for @keep, the folder with the log, which it names. */
void peers_close(struct peers *peers, bool keep);

bool peers_start_server(struct peers *peers);
void peers_stop_server(struct peers *peers);

/* The scorer, connected anew. */
bool peers_connect(struct peers *peers);

/* Source number @i of up to 131,072 (RFC 2544's range). */
struct smtpfence_prefix peers_source(size_t i);

/* Says that source @i has offended now; the server has it at once, the stream a moment later. */
bool peers_offend(struct peers *peers, size_t i);

/* The same; returns when it is stored. */
bool peers_offend_stored(struct peers *peers, size_t i);

bool peers_is_blocked(const struct peers *peers, const struct smtpfence_prefix *source);

#endif
